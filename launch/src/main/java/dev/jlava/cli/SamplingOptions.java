package dev.jlava.cli;

import dev.jlava.generate.Sampling;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say how tokens are chosen.
final class SamplingOptions {
  private static final long SHORT = 1_000_000;

  @Option(
      names = "--temperature",
      description = "Divisor of the logits; 0 takes the likeliest token (${DEFAULT-VALUE}).")
  private double temperature = Sampling.GREEDY.temperature();

  @Option(
      names = "--top-k",
      description = "Draws from the K likeliest tokens; 0: from all (${DEFAULT-VALUE}).")
  private int topK = Sampling.GREEDY.topK();

  @Option(
      names = "--top-p",
      description = "Draws from the likeliest tokens of joint probability P (${DEFAULT-VALUE}).")
  private double topP = Sampling.GREEDY.topP();

  @Option(
      names = "--repetition-penalty",
      description = "Divides the scores of tokens that have occurred (${DEFAULT-VALUE}).")
  private double repetitionPenalty = Sampling.GREEDY.repetitionPenalty();

  @Option(names = "--seed", description = "The same seed gives the same draws; else a new one.")
  private @Nullable Long seed;

  /// The settings; the seed is a new one unless it was given.
  ///
  /// @throws IllegalArgumentException where a value is out of range
  Sampling sampling() {
    long chosen = seed != null ? seed : new SplittableRandom().nextLong(SHORT);
    return new Sampling(temperature, topK, topP, repetitionPenalty, chosen);
  }

  /// Whether tokens are drawn with a seed that the user does not know.
  boolean drawsWithOwnSeed() {
    return seed == null && temperature > 0;
  }

  /// Whether options were given that only count where tokens are drawn, but none are.
  boolean drawingOptionsUnused() {
    boolean given =
        seed != null || topK != Sampling.GREEDY.topK() || topP != Sampling.GREEDY.topP();
    return given && temperature == 0;
  }
}
