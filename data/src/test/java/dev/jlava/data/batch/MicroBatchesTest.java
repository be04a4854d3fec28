package dev.jlava.data.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class MicroBatchesTest {
  @Test
  void sizeCutsInOrder() {
    assertThat(ids(new MicroBatches.Size(2).split(ofLengths(5, 1, 9, 2, 3), 1)))
        .containsExactly(List.of("0", "1"), List.of("2", "3"), List.of("4"));
  }

  @Test
  void tokensFillFromTheLongestAndKeepTheStepsOrderWithin() {
    assertThat(ids(new MicroBatches.Tokens(10).split(ofLengths(4, 6, 3, 7), 1)))
        .containsExactly(List.of("2", "3"), List.of("0", "1"));
  }

  @Test
  void aSampleAboveTheLimitStandsAlone() {
    assertThat(ids(new MicroBatches.Tokens(10).split(ofLengths(1, 30, 1), 1)))
        .containsExactly(List.of("1"), List.of("0", "2"));
  }

  @RepeatedTest(20)
  void tokensLoseNothingKeepTheLimitAndPackClosely(RepetitionInfo repetition) {
    long seed = repetition.getCurrentRepetition();
    List<Example> step = new RandomExamples(seed).list(64);
    int limit = 60;
    List<List<Example>> split = new MicroBatches.Tokens(limit).split(step, 5);
    assertThat(split.stream().flatMap(List::stream).toList())
        .as("seed %d", seed)
        .containsExactlyInAnyOrderElementsOf(step);
    assertThat(split).as("seed %d", seed).allMatch(part -> tokens(part) <= limit);
    assertThat(split.size())
        .as("seed %d", seed)
        .isLessThanOrEqualTo(Math.ceilDiv(tokens(step) * 11, limit * 9) + 1);
    assertThat(new MicroBatches.Tokens(limit).split(step, 5)).isEqualTo(split);
  }

  private static int tokens(List<Example> examples) {
    return examples.stream().mapToInt(e -> e.length(5)).sum();
  }

  private static List<Example> ofLengths(int... lengths) {
    return IntStream.range(0, lengths.length).mapToObj(i -> ofLength(i, lengths[i])).toList();
  }

  private static Example ofLength(int id, int length) {
    int[] labels = new int[length];
    Arrays.fill(labels, Example.IGNORE);
    return new Example(String.valueOf(id), new int[length], labels, List.of(), false);
  }

  private static List<List<String>> ids(List<List<Example>> split) {
    return split.stream().map(part -> part.stream().map(Example::id).toList()).toList();
  }
}
