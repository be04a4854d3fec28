package dev.jlava.eval.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class BootstrapTest {
  /// Three values have 27 equally likely resamples, so the quantiles of their means are known: the
  /// sums of {0, 1, 5} are 0 once, 1 3x, 2 3x, 3 once, 5 3x, 6 6x, 7 3x, 10 3x, 11 3x, 15 once.
  @Test
  void quantilesAreThoseOfAllResamples() {
    Interval interval = new Bootstrap(100_000, 0.8, 1).mean(new double[] {0, 1, 5});
    assertThat(interval.estimate()).isEqualTo(2);
    // 10 % of 27 is 2.7, inside the sums of 1; 90 % is 24.3, inside those of 11.
    assertThat(interval.low()).isEqualTo(1 / 3.0);
    assertThat(interval.high()).isEqualTo(11 / 3.0);
  }

  /// For many values the interval is the normal one: mean ± 1.96 s / sqrt(n).
  @Test
  void largeSamplesGiveTheNormalInterval() {
    SplittableRandom random = new SplittableRandom(7);
    double[] values = random.doubles(2000).toArray();
    double mean = Arrays.stream(values).average().orElseThrow();
    double variance = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / 2000;
    double half = 1.959964 * Math.sqrt(variance / 2000);
    Interval interval = Bootstrap.STANDARD.mean(values);
    assertThat(interval.estimate()).isCloseTo(mean, within(1e-12));
    assertThat(interval.low()).isCloseTo(mean - half, within(half / 20));
    assertThat(interval.high()).isCloseTo(mean + half, within(half / 20));
  }

  /// Of 200 samples, about 95 % have the true mean inside.
  @Test
  void theTrueMeanIsInsideAsOftenAsPromised() {
    SplittableRandom random = new SplittableRandom(3);
    int inside = 0;
    for (int i = 0; i < 200; i++) {
      Interval interval = new Bootstrap(500, 0.95, i).mean(random.doubles(60).toArray());
      inside += interval.low() <= 0.5 && 0.5 <= interval.high() ? 1 : 0;
    }
    assertThat(inside).isBetween(180, 198);
  }

  @Test
  void aSeedRepeatsAnIntervalAndAnotherChangesIt() {
    double[] values = {1, 4, 2, 8, 5, 7, 1, 3};
    Interval once = new Bootstrap(1000, 0.95, 5).mean(values);
    assertThat(new Bootstrap(1000, 0.95, 5).mean(values)).isEqualTo(once);
    assertThat(new Bootstrap(1000, 0.95, 6).mean(values)).isNotEqualTo(once);
  }

  @Test
  void questionsAreDrawnTogether() {
    double[] ours = {2, 4, 6, 8, 10};
    double[] theirs = {1, 2, 3, 4, 5};
    Interval ratio =
        Bootstrap.STANDARD.of(
            5,
            drawn ->
                Arrays.stream(drawn).mapToDouble(i -> ours[i]).sum()
                    / Arrays.stream(drawn).mapToDouble(i -> theirs[i]).sum());
    assertThat(ratio).isEqualTo(new Interval(2, 2, 2));
  }

  @Test
  void tooFewValuesHaveNoInterval() {
    assertThat(Bootstrap.STANDARD.mean(new double[0]).estimate()).isNaN();
    Interval one = Bootstrap.STANDARD.mean(new double[] {3});
    assertThat(one.estimate()).isEqualTo(3);
    assertThat(one.low()).isNaN();
    assertThat(one.high()).isNaN();
    assertThat(Bootstrap.STANDARD.mean(new double[] {1, 2, Double.NaN}).low()).isNaN();
  }

  @Test
  void settingsAreChecked() {
    assertThatThrownBy(() -> new Bootstrap(0, 0.95, 0)).hasMessageContaining("resamples");
    assertThatThrownBy(() -> new Bootstrap(9, 1, 0)).hasMessageContaining("level");
  }
}
