package dev.jlava.data.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PackingTest {
  @Test
  void sequencesStandBackToBackAndTargetsStayInside() {
    int no = Example.IGNORE;
    Example image =
        new Example(
            "a",
            new int[] {1, Example.IMAGE, 5, 6},
            new int[] {no, no, no, 6},
            List.of(Path.of("x.png")),
            false);
    Example text = new Example("b", new int[] {1, 7}, new int[] {no, 7}, List.of(), false);
    PackedBatch batch = Packing.pack(List.of(image, text), List.of(new float[3]), 3);
    int mark = Example.IMAGE;
    assertThat(batch.ids()).containsExactly(1, mark, mark, mark, 5, 6, 1, 7);
    assertThat(batch.positions()).containsExactly(0, 1, 2, 3, 4, 5, 0, 1);
    assertThat(batch.starts()).containsExactly(0, 6, 8);
    assertThat(batch.imageRows()).containsExactly(1, 2, 3);
    assertThat(batch.lossRows()).containsExactly(4, 6);
    assertThat(batch.targets()).containsExactly(6, 7);
    assertThat(batch.sampleIds()).containsExactly("a", "b");
  }
}
