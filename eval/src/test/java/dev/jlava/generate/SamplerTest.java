package dev.jlava.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SamplerTest {
  private static final float[] LOGITS = {2.0f, 1.0f, 0.5f, -1.0f, 3.0f, 1.0f, -2.0f, 0.25f};

  /// Expected: softmax of what transformers 4.57.6 makes of the logits with its
  /// RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopKLogitsWarper and
  /// TopPLogitsWarper, in this order, after the tokens 0, 3, 3.
  @ParameterizedTest
  @CsvSource({
    "1, 0, 1, 1, 0.2032914 0.0747867 0.0453604 0.0101213 0.5526033 0.0747867 0.0037234 0.0353267",
    "0.5, 0, 1, 1, 0.1143834 0.0154801 0.0056948 0.0002835 0.8451855 0.0154801 0.0000384 0.0034541",
    "2, 0, 1, 1, 0.1957148 0.1187070 0.0924491 0.0436699 0.3226791 0.1187070 0.0264871 0.0815861",
    "1, 1, 1, 1, 0 0 0 0 1 0 0 0",
    "1, 3, 1, 1, 0.2245152 0.0825945 0 0 0.6102957 0.0825945 0 0",
    "1, 100, 1, 1, 0.2032914 0.0747867 0.0453604 0.0101213 0.5526033 0.0747867 0.0037234 0.0353267",
    "1, 0, 0.5, 1, 0 0 0 0 1 0 0 0",
    "1, 0, 0.9, 1, 0.2245152 0.0825945 0 0 0.6102957 0.0825945 0 0",
    "1, 0, 1e-9, 1, 0 0 0 0 1 0 0 0",
    "1, 0, 1, 1.5, 0.1163453 0.0833650 0.0505634 0.0068430 0.6159889 0.0833650 0.0041505 0.0393788",
    "0.7, 4, 0.8, 1.2, 0.1295705 0 0 0 0.8704295 0 0 0",
    "0.7, 0, 0.8, 1, 0.1933214 0 0 0 0.8066786 0 0 0",
    "1, 2, 0.73, 1, 0 0 0 0 1 0 0 0",
    "1, 2, 1, 2.5, 0 0.1065070 0 0 0.7869860 0.1065070 0 0",
    "1.5, 5, 0.6, 1, 0.3392436 0 0 0 0.6607563 0 0 0",
  })
  void probabilitiesAreTransformers(
      double temperature, int topK, double topP, double penalty, String expected) {
    Sampler sampler = new Sampler(new Sampling(temperature, topK, topP, penalty, 0));
    IntStream.of(0, 3, 3).forEach(sampler::saw);
    double[] table = Arrays.stream(expected.split(" ")).mapToDouble(Double::parseDouble).toArray();
    assertThat(table).hasSameSizeAs(LOGITS);
    assertThat(sampler.probabilities(LOGITS)).containsExactly(table, within(1e-7));
  }

  @Test
  void greedyTakesTheLikeliestAfterThePenalty() {
    Sampler sampler = new Sampler(new Sampling(0, 0, 1, 1.6, 0));
    assertThat(sampler.next(LOGITS)).isEqualTo(4);
    sampler.saw(4);
    assertThat(sampler.next(LOGITS)).isEqualTo(0);
  }

  @Test
  void drawsFollowTheProbabilitiesAndTheSeedAlone() {
    int[] first = draws(7);
    assertThat(draws(7)).containsExactly(first);
    assertThat(draws(8)).isNotEqualTo(first);
    double[] expected = new Sampler(new Sampling(1, 3, 1, 1, 0)).probabilities(LOGITS);
    for (int id = 0; id < expected.length; id++) {
      int wanted = id;
      double share = (double) IntStream.of(first).filter(i -> i == wanted).count() / first.length;
      assertThat(share).as("token %d", id).isCloseTo(expected[id], within(0.02));
    }
  }

  private static int[] draws(long seed) {
    Sampler sampler = new Sampler(new Sampling(1, 3, 1, 1, seed));
    return IntStream.range(0, 4000).map(i -> sampler.next(LOGITS)).toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "-0.1, 0, 1, 1, temperature: out of range (found -0.1",
    "NaN, 0, 1, 1, temperature: out of range (found NaN",
    "Infinity, 0, 1, 1, temperature: out of range (found Infinity",
    "1, -1, 1, 1, top-k: out of range (found -1",
    "1, 0, 0, 1, top-p: out of range (found 0.0",
    "1, 0, 1.1, 1, top-p: out of range (found 1.1",
    "1, 0, 1, 0, repetition-penalty: out of range (found 0.0",
  })
  void settingsOutOfRangeAreRefused(
      double temperature, int topK, double topP, double penalty, String message) {
    assertThatThrownBy(() -> new Sampling(temperature, topK, topP, penalty, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }
}
