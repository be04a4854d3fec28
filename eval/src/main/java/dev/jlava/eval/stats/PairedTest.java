package dev.jlava.eval.stats;

import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/// A permutation test of two models on the same questions (Fisher 1935): how often a difference as
/// large, either way, comes out when the two answers to each question are swapped by a coin. All
/// swaps are tried where that is no more work than drawing them; else they are drawn, with the
/// observed one among them, and the same seed gives the same chance.
///
/// @param draws how many swaps are drawn
public record PairedTest(int draws, long seed) {
  /// Ten thousand draws.
  public static final PairedTest STANDARD = new PairedTest(10_000, 0);

  /// Differences that only rounding tells apart are equal.
  private static final double ROUNDING = 1e-12;

  public PairedTest {
    if (draws < 1) {
      throw new IllegalArgumentException(
          "paired test: draws must be 1 or more (found " + draws + ")");
    }
  }

  /// Two-sided chance that the means of two lists differ so much by luck.
  ///
  /// @param second values of the same questions, in the same order
  public double pValue(double[] first, double[] second) {
    if (first.length != second.length) {
      throw new IllegalArgumentException(
          "paired test: lists of different questions ("
              + first.length
              + " and "
              + second.length
              + " values)");
    }
    return pValue(
        first.length,
        swapped -> {
          double sum = 0;
          for (int i = 0; i < first.length; i++) {
            sum += swapped[i] ? second[i] - first[i] : first[i] - second[i];
          }
          return sum / first.length;
        });
  }

  /// The same for any figure.
  ///
  /// @param difference of the two models' figures, with the marked questions' answers swapped
  public double pValue(int questions, ToDoubleFunction<boolean[]> difference) {
    if (questions == 0) {
      return Double.NaN;
    }
    boolean[] swapped = new boolean[questions];
    double observed = Math.abs(difference.applyAsDouble(swapped));
    double least = observed - ROUNDING * Math.max(1, observed);
    boolean all = questions < 31 && 1L << questions <= draws;
    int tried = all ? 1 << questions : draws;
    SplittableRandom random = new SplittableRandom(seed);
    int asLarge = 0;
    for (int k = 0; k < tried; k++) {
      for (int i = 0; i < questions; i++) {
        swapped[i] = all ? (k >> i & 1) == 1 : random.nextBoolean();
      }
      asLarge += Math.abs(difference.applyAsDouble(swapped)) >= least ? 1 : 0;
    }
    return all ? asLarge / (double) tried : (asLarge + 1) / (tried + 1.0);
  }
}
