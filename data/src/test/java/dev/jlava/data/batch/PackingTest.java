package dev.jlava.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class PackingTest {
  private static final int NO = Example.IGNORE;
  private static final int TOKENS_PER_IMAGE = 5;

  @Test
  void sequencesStandBackToBackAndTargetsStayInside() {
    int mark = Example.IMAGE;
    int[] ids = {1, mark, 5, 6};
    Example image = new Example("a", ids, new int[] {NO, NO, NO, 6}, List.of(Path.of("x")), false);
    Example text = new Example("b", new int[] {1, 7}, new int[] {NO, 7}, List.of(), false);
    PackedBatch batch = Packing.pack(List.of(image, text), List.of(new float[3]), 3);
    assertThat(batch.ids()).containsExactly(1, mark, mark, mark, 5, 6, 1, 7);
    assertThat(batch.positions()).containsExactly(0, 1, 2, 3, 4, 5, 0, 1);
    assertThat(batch.starts()).containsExactly(0, 6, 8);
    assertThat(batch.imageRows()).containsExactly(1, 2, 3);
    assertThat(batch.lossRows()).containsExactly(4, 6);
    assertThat(batch.targets()).containsExactly(6, 7);
    assertThat(batch.sampleIds()).containsExactly("a", "b");
  }

  @Test
  void theLastImageRowPredictsWhatFollowsAndTheFirstTokenIsNeverATarget() {
    int[] ids = {4, Example.IMAGE, 5};
    Example example = new Example("a", ids, new int[] {4, NO, 5}, List.of(Path.of("x")), false);
    PackedBatch batch = Packing.pack(List.of(example), List.of(new float[3]), 3);
    assertThat(batch.lossRows()).containsExactly(3);
    assertThat(batch.targets()).containsExactly(5);
    assertThat(example.lossTokens()).isEqualTo(1);
  }

  @RepeatedTest(20)
  void packedIsTheConcatenationOfTheSingles(RepetitionInfo repetition) {
    long seed = repetition.getCurrentRepetition();
    List<Example> examples = new RandomExamples(seed).list(12);
    List<float[]> pixels = RandomExamples.pixels(examples);
    PackedBatch packed = Packing.pack(examples, pixels, TOKENS_PER_IMAGE);
    List<PackedBatch> singles = examples.stream().map(PackingTest::single).toList();

    assertThat(packed.ids()).as("seed %d", seed).isEqualTo(all(singles, PackedBatch::ids));
    assertThat(packed.positions()).isEqualTo(all(singles, PackedBatch::positions));
    assertThat(packed.targets()).isEqualTo(all(singles, PackedBatch::targets));
    assertThat(packed.imageRows()).isEqualTo(shifted(packed, singles, PackedBatch::imageRows));
    assertThat(packed.lossRows()).isEqualTo(shifted(packed, singles, PackedBatch::lossRows));
    assertThat(packed.pixels()).isEqualTo(pixels);
    assertThat(packed.targets()).hasSize(examples.stream().mapToInt(Example::lossTokens).sum());
  }

  @RepeatedTest(20)
  void noTargetCrossesIntoAnotherSequence(RepetitionInfo repetition) {
    long seed = 1000L + repetition.getCurrentRepetition();
    List<Example> examples = new RandomExamples(seed).list(12);
    PackedBatch packed = Packing.pack(examples, RandomExamples.pixels(examples), TOKENS_PER_IMAGE);
    for (int i = 0; i < packed.lossRows().length; i++) {
      int row = packed.lossRows()[i];
      assertThat(packed.positions()[row + 1]).as("seed %d, row %d", seed, row).isPositive();
      assertThat(packed.ids()[row + 1]).as("seed %d", seed).isEqualTo(packed.targets()[i]);
    }
    assertThat(packed.lossRows()).isNotEmpty();
  }

  @Test
  void marksWithoutAnImageAreAnError() {
    Example example = new Example("a", new int[] {Example.IMAGE}, new int[] {NO}, List.of(), false);
    assertThatThrownBy(() -> Packing.pack(List.of(example), List.of(), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("sample 'a' has 1 ids, 1 labels, 1 image marks and 0 images");
  }

  private static PackedBatch single(Example example) {
    List<Example> alone = List.of(example);
    return Packing.pack(alone, RandomExamples.pixels(alone), TOKENS_PER_IMAGE);
  }

  private static int[] all(List<PackedBatch> singles, Function<PackedBatch, int[]> part) {
    return RandomExamples.concatenated(singles.stream().map(part).toList());
  }

  /// Rows of the singles as they stand in the packed stream.
  private static int[] shifted(
      PackedBatch packed, List<PackedBatch> singles, Function<PackedBatch, int[]> rows) {
    return RandomExamples.concatenated(
        IntStream.range(0, singles.size())
            .mapToObj(i ->
                IntStream.of(rows.apply(singles.get(i))).map(r -> r + packed.starts()[i]).toArray())
            .toList());
  }
}
