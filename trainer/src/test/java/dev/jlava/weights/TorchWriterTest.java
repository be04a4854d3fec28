package dev.jlava.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files as `torch.save` writes them; `tools/check_export.py` loads one with torch itself.
final class TorchWriterTest {
  @TempDir Path directory;

  @Test
  void whatIsWrittenIsReadBack() {
    Path file = directory.resolve("mm_projector.bin");
    float[] matrix = {1, -2, 3.5f, 4, 5, 6};
    byte[] half = {0, 0x3c, 0, (byte) 0xc0};
    TorchWriter.write(
        file,
        List.of(
            item("model.mm_projector.0.weight", Dtype.F32, MemorySegment.ofArray(matrix), 2, 3),
            item("model.mm_projector.0.bias", Dtype.F16, MemorySegment.ofArray(half), 2)));
    try (WeightFiles files = WeightFiles.open(file)) {
      assertThat(files.entries()).hasSize(2);
      TensorEntry weight = entry(files, "model.mm_projector.0.weight");
      assertThat(weight.dtype()).isEqualTo(Dtype.F32);
      assertThat(weight.shape()).containsExactly(2, 3);
      for (int i = 0; i < matrix.length; i++) {
        assertThat(new ElementReader(weight).get(i)).isEqualTo(matrix[i]);
      }
      TensorEntry bias = entry(files, "model.mm_projector.0.bias");
      assertThat(bias.dtype()).isEqualTo(Dtype.F16);
      assertThat(new ElementReader(bias).get(0)).isEqualTo(1);
      assertThat(new ElementReader(bias).get(1)).isEqualTo(-2);
    }
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() {
    Path file = directory.resolve("missing/x.bin");
    assertThatThrownBy(() -> TorchWriter.write(file, List.of()))
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith(file + ": cannot be written (");
  }

  private static TensorEntry entry(WeightFiles files, String name) {
    TensorEntry entry = files.entries().get(name);
    assertThat(entry).as(name).isNotNull();
    return java.util.Objects.requireNonNull(entry);
  }

  private static SafetensorsWriter.Item item(
      String name, Dtype dtype, MemorySegment data, long... shape) {
    return new SafetensorsWriter.Item(name, dtype, shape, arena -> data);
  }
}
