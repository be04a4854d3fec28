package dev.jlava.generate;

/// What a model answers.
///
/// @param newIds every token that was generated, those that ended the answer included
/// @param text their text without special tokens, cut at the first stop text
public record Answer(int[] newIds, String text, Ending ending) {
  /// Why an answer is not longer.
  public enum Ending {
    /// The model's end-of-sequence token.
    END,
    /// A stop text.
    STOP,
    /// The number of new tokens that was allowed.
    LENGTH,
    /// The model has no position for another token.
    POSITIONS
  }
}
