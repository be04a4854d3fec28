package dev.jlava.eval.stats;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/// Percentile bootstrap intervals (Efron 1979): questions are drawn with replacement, and the
/// interval holds the middle `level` of the figures that come out, interpolated between neighbours
/// as numpy's `quantile` does. The same seed gives the same interval.
///
/// @param resamples how many times questions are drawn
/// @param level share of the figures inside, such as 0.95
public record Bootstrap(int resamples, double level, long seed) {
  /// 95 %, from ten thousand resamples.
  public static final Bootstrap STANDARD = new Bootstrap(10_000, 0.95, 0);

  public Bootstrap {
    if (resamples < 1 || !(level > 0 && level < 1)) {
      throw new IllegalArgumentException(
          "bootstrap: resamples must be 1 or more, level between 0 and 1 (found "
              + resamples
              + ", "
              + level
              + ")");
    }
  }

  /// The mean of one value a question.
  public Interval mean(double[] values) {
    return of(
        values.length,
        drawn -> Arrays.stream(drawn).mapToDouble(i -> values[i]).sum() / drawn.length);
  }

  /// Any figure.
  ///
  /// @param questions how many there are
  /// @param figure of the questions with these indices, of which some come several times; NaN
  ///   anywhere makes the interval NaN
  public Interval of(int questions, ToDoubleFunction<int[]> figure) {
    if (questions == 0) {
      return new Interval(Double.NaN, Double.NaN, Double.NaN);
    }
    int[] drawn = new int[questions];
    Arrays.setAll(drawn, i -> i);
    double estimate = figure.applyAsDouble(drawn);
    if (questions == 1) {
      return new Interval(estimate, Double.NaN, Double.NaN);
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] figures = new double[resamples];
    for (int k = 0; k < resamples; k++) {
      Arrays.setAll(drawn, i -> random.nextInt(questions));
      figures[k] = figure.applyAsDouble(drawn);
    }
    Arrays.sort(figures);
    return new Interval(
        estimate, quantile(figures, (1 - level) / 2), quantile(figures, (1 + level) / 2));
  }

  /// NaN sorts to the end.
  private static double quantile(double[] sorted, double q) {
    if (Double.isNaN(sorted[sorted.length - 1])) {
      return Double.NaN;
    }
    double place = q * (sorted.length - 1);
    int below = (int) Math.floor(place);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
