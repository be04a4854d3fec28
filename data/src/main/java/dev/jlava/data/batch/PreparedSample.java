package dev.jlava.data.batch;

/// What became of a sample before its images are decoded.
public sealed interface PreparedSample {
  /// It can be trained on.
  record Ready(Example example) implements PreparedSample {}

  /// It is left out, as the recipe allows.
  record Dropped(DroppedSample sample) implements PreparedSample {}
}
