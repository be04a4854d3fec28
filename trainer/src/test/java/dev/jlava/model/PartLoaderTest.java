package dev.jlava.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.SafetensorsWriter;
import dev.jlava.weights.WeightFiles;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Dense weights that are larger than what is read of a file at a time, 16 MiB.
final class PartLoaderTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "2051, 4099, F32", // two pieces and a little of the next
    "5000000, 1, F32", // rows of one element
    "3, 3000001, F32", // rows that are most of a piece
    "2, 5000000, F32", // rows that are larger than a piece
    "2051, 4099, BF16"
  })
  void everyElementArrivesInItsPlace(int rows, int columns, ScalarType type) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 251 - 125 + (i / 251 % 7) * 256;
    }
    Path file = directory.resolve("model.safetensors");
    long[] shape = {rows, columns};
    SafetensorsWriter.write(
        file,
        List.of(
            new SafetensorsWriter.Item(
                "w", Dtype.F32, shape, arena -> copy(arena.allocate(4L * values.length), values))));
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope();
        WeightFiles files = WeightFiles.open(file)) {
      Tensor found =
          new PartLoader(engine, scope, type)
              .value(Objects.requireNonNull(files.entries().get("w")));
      assertThat(found.type()).isEqualTo(type);
      assertThat(found.shape()).isEqualTo(shape);
      float[] read = engine.ops(scope).toType(found, ScalarType.F32).floats();
      int wrong = 0;
      for (int i = 0; i < values.length; i++) {
        if (Math.abs(read[i] - values[i]) > (type == ScalarType.F32 ? 0 : 8)) {
          wrong++;
        }
      }
      assertThat(wrong).isZero();
    }
  }

  private static MemorySegment copy(MemorySegment target, float[] values) {
    return target.copyFrom(MemorySegment.ofArray(values));
  }
}
