package dev.jlava.eval.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class PairedTestTest {
  /// Darwin's fifteen pairs of maize plants (eighths of an inch), for which Fisher (1935, §21)
  /// counts 1726 of 32768 swaps with a sum as large either way: 5.267 %.
  @Test
  void fishersExampleComesOut() {
    double[] differences = {49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};
    PairedTest all = new PairedTest(1 << 15, 0);
    assertThat(all.pValue(differences, new double[15])).isEqualTo(1726 / 32768.0);
    assertThat(new PairedTest(20_000, 4).pValue(differences, new double[15]))
        .isCloseTo(1726 / 32768.0, within(0.006));
  }

  @Test
  void equalModelsDifferByLuck() {
    double[] same = {1, 2, 3};
    assertThat(PairedTest.STANDARD.pValue(same, same)).isEqualTo(1);
    // Rounding does not make a swap smaller than what was observed.
    assertThat(PairedTest.STANDARD.pValue(new double[] {0.1, 0.2, 0.3}, new double[3]))
        .isEqualTo(2 / 8.0);
  }

  @Test
  void drawnSwapsNeverGiveZero() {
    double[] large = new SplittableRandom(1).doubles(40, 5, 6).toArray();
    assertThat(PairedTest.STANDARD.pValue(large, new double[40])).isEqualTo(1 / 10_001.0);
  }

  @Test
  void listsAreOfTheSameQuestions() {
    assertThatThrownBy(() -> PairedTest.STANDARD.pValue(new double[2], new double[3]))
        .hasMessageContaining("different questions (2 and 3 values)");
    assertThat(PairedTest.STANDARD.pValue(new double[0], new double[0])).isNaN();
  }
}
