package dev.jlava.data.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class EpochOrderTest {
  private static final int STEP = 4;

  @Test
  void withoutShufflingSamplesComeAsTheyStand() {
    EpochOrder order = order(sizes(10, 1), false, Grouping.NONE, 0);
    assertThat(order.samples()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(order.steps()).isEqualTo(3);
    assertThat(order.step(1)).containsExactly(4, 5, 6, 7);
    assertThat(order.step(2)).containsExactly(8, 9);
  }

  /// The numbers are part of what a seed means: a change of them breaks resuming.
  @Test
  void aSeedsOrderIsTheSameForEver() {
    assertThat(order(sizes(10, 1), true, Grouping.NONE, 0).samples())
        .containsExactly(7, 4, 0, 9, 1, 2, 6, 8, 3, 5);
    assertThat(order(sizes(10, 1), true, Grouping.NONE, 1).samples())
        .containsExactly(3, 0, 6, 7, 1, 2, 8, 5, 4, 9);
  }

  @Test
  void withoutChanceGroupsAreThoseOfTransformersAndLlava() {
    int[] lengths = {7, 3, 9, 1, 4, 8, 2, 6, 5, 20, 11, 13, 12, 10, 14, 19, 15, 17, 16, 18, 21};
    boolean[] hasImage = new boolean[lengths.length];
    for (int i = 0; i < hasImage.length; i++) {
      hasImage[i] = i % 3 != 1;
    }
    SampleSizes sizes = new SampleSizes(lengths, hasImage);
    assertThat(EpochOrder.of(sizes, false, Grouping.LENGTH, 42, 0, 2).samples())
        .containsExactly(20, 0, 1, 3, 5, 7, 4, 6, 9, 11, 10, 8, 15, 14, 12, 13, 19, 17, 18, 16, 2);
    assertThat(EpochOrder.of(sizes, false, Grouping.MODALITY_LENGTH, 42, 0, 4).samples())
        .containsExactly(2, 5, 0, 3, 9, 11, 8, 6, 15, 17, 14, 12, 10, 7, 4, 1, 13, 16, 18, 19, 20);
  }

  @RepeatedTest(10)
  void everyGroupingVisitsEverySampleOnce(RepetitionInfo repetition) {
    int count = 1 + 7 * repetition.getCurrentRepetition();
    for (Grouping grouping : Grouping.values()) {
      for (boolean shuffle : new boolean[] {true, false}) {
        int[] samples = order(sizes(count, count), shuffle, grouping, 3).samples();
        Arrays.sort(samples);
        assertThat(samples).as("%s of %d", grouping, count).isEqualTo(range(count));
      }
    }
  }

  @Test
  void lengthSortsMegabatchesOfAQuarterOfTheEpochAndPutsTheLongestFirst() {
    SampleSizes sizes = sizes(64, 5);
    int[] samples = order(sizes, true, Grouping.LENGTH, 0).samples();
    int longest = IntStream.of(sizes.lengths()).max().orElseThrow();
    assertThat(sizes.lengths()[samples[0]]).isEqualTo(longest);
    for (int begin = 0; begin < 64; begin += 16) {
      // The first of a megabatch may have been exchanged for the longest of all.
      for (int i = begin + 1; i < begin + 15; i++) {
        assertThat(sizes.lengths()[samples[i]])
            .as("place %d", i)
            .isGreaterThanOrEqualTo(sizes.lengths()[samples[i + 1]]);
      }
    }
  }

  @Test
  void modalityLengthMixesImagesAndTextOnlyInWhatFillsNoStep() {
    SampleSizes sizes = sizes(43, 7);
    EpochOrder order = order(sizes, true, Grouping.MODALITY_LENGTH, 0);
    int images = 43 - textOnly(sizes);
    int whole = images / STEP + textOnly(sizes) / STEP;
    for (int step = 0; step < whole; step++) {
      long withImage = IntStream.of(order.step(step)).filter(i -> sizes.hasImage()[i]).count();
      assertThat(withImage).as("step %d", step).isIn(0L, (long) STEP);
    }
    assertThat(whole).isBetween(8, 10);
  }

  @Test
  void modalityLengthShufflesTheStepsButNotTheirInside() {
    SampleSizes sizes = sizes(80, 9);
    EpochOrder order = order(sizes, true, Grouping.MODALITY_LENGTH, 0);
    boolean[] imageFirst = new boolean[order.steps()];
    for (int step = 0; step < order.steps() - 2; step++) {
      int[] samples = order.step(step);
      imageFirst[step] = sizes.hasImage()[samples[0]];
      for (int i = 1; i < samples.length; i++) {
        assertThat(sizes.lengths()[samples[i]])
            .isLessThanOrEqualTo(sizes.lengths()[samples[i - 1]]);
      }
    }
    assertThat(imageFirst).contains(true, false);
  }

  @Test
  void epochsAndSeedsDiffer() {
    SampleSizes sizes = sizes(100, 1);
    int[] first = order(sizes, true, Grouping.NONE, 0).samples();
    assertThat(order(sizes, true, Grouping.NONE, 0).samples()).isEqualTo(first);
    assertThat(order(sizes, true, Grouping.NONE, 1).samples()).isNotEqualTo(first);
    assertThat(EpochOrder.of(sizes, true, Grouping.NONE, 43, 0, STEP).samples())
        .isNotEqualTo(first);
  }

  private static EpochOrder order(
      SampleSizes sizes, boolean shuffle, Grouping grouping, int epoch) {
    return EpochOrder.of(sizes, shuffle, grouping, 42, epoch, STEP);
  }

  private static int textOnly(SampleSizes sizes) {
    return (int) IntStream.range(0, sizes.count()).filter(i -> !sizes.hasImage()[i]).count();
  }

  private static int[] range(int count) {
    return IntStream.range(0, count).toArray();
  }

  private static SampleSizes sizes(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    boolean[] hasImage = new boolean[count];
    for (int i = 0; i < count; i++) {
      hasImage[i] = random.nextInt(3) > 0;
    }
    return new SampleSizes(random.ints(count, 1, 500).toArray(), hasImage);
  }
}
