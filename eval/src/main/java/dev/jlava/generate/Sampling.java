package dev.jlava.generate;

/// How the next token is chosen from the logits; the settings of Hugging Face's `generate`.
///
/// @param temperature divisor of the logits; 0 takes the likeliest token
/// @param topK number of likeliest tokens to choose from; 0 for all
/// @param topP least probability that the tokens to choose from have together; 1 for all
/// @param repetitionPenalty what the score of a token that has occurred is divided by (multiplied
///   where negative; Keskar et al. 2019); 1 for none
/// @param seed the same seed gives the same choices
public record Sampling(
    double temperature, int topK, double topP, double repetitionPenalty, long seed) {
  /// The likeliest token, again and again.
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 1, 0);

  public Sampling {
    require(temperature >= 0, "temperature", temperature, "0 (greedy) or more");
    require(topK >= 0, "top-k", topK, "0 (all tokens) or more");
    require(topP > 0 && topP <= 1, "top-p", topP, "more than 0, at most 1 (all tokens)");
    require(repetitionPenalty > 0, "repetition-penalty", repetitionPenalty, "more than 0");
  }

  private static void require(boolean holds, String name, Number found, String expected) {
    if (!holds || !Double.isFinite(found.doubleValue())) {
      throw new IllegalArgumentException(
          name + ": out of range (found " + found + ", expected " + expected + ")");
    }
  }

  /// Whether the likeliest token is taken rather than one drawn.
  public boolean greedy() {
    return temperature == 0;
  }

  /// Whether tokens that have occurred count.
  public boolean penalises() {
    return repetitionPenalty != 1;
  }
}
