package dev.jlava.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsWriterTest {
  @TempDir Path directory;

  private static SafetensorsWriter.Item floats(String name, int numElements, float value) {
    MemorySegment data =
        Arena.ofAuto().allocate(ValueLayout.JAVA_FLOAT.withByteAlignment(4), numElements);
    data.setAtIndex(ValueLayout.JAVA_FLOAT, numElements - 1L, value);
    return new SafetensorsWriter.Item(name, Dtype.F32, new long[] {numElements}, arena -> data);
  }

  /// The second tensor is longer than what is written at once.
  @Test
  void whatIsWrittenIsRead() {
    Path file = directory.resolve("model.safetensors");
    int large = (64 << 20) / Float.BYTES + 3;
    SafetensorsWriter.write(file, List.of(floats("b.weight", 3, 1.5f), floats("a", large, -2)));
    GoldenTensors golden = GoldenTensors.read(file);
    assertThat(golden.floats("b.weight")).containsExactly(0, 0, 1.5f);
    assertThat(golden.shape("b.weight")).containsExactly(3);
    try (WeightFiles files = WeightFiles.open(file)) {
      assertThat(files.entries()).containsOnlyKeys("a", "b.weight");
      MemorySegment a = Objects.requireNonNull(files.entries().get("a")).data();
      assertThat(a.getAtIndex(ValueLayout.JAVA_FLOAT, large - 1L)).isEqualTo(-2);
      assertThat(a.byteSize()).isEqualTo(4L * large);
    }
    assertThat(directory).isDirectoryNotContaining("glob:**.part");
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() {
    Path file = directory.resolve("none").resolve("model.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(file, List.of(floats("w", 3, 1))))
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith(
            file + ": cannot be written (java.nio.file.NoSuchFileException: " + file + ".part;")
        .hasMessageContaining("needs 12 bytes, free ")
        .hasMessageEndingWith("); make room or choose another output");
  }

  /// A process with a limit on the size of its files stands for a full disk: the system refuses to
  /// write on in the middle of a tensor.
  @Test
  void whenTheSystemRefusesToWriteOnTheOldFileStays() throws IOException, InterruptedException {
    Path file = Files.writeString(directory.resolve("model.safetensors"), "old");
    Process process =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -f 512 && exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                WritesFourMegabytes.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output)
        .startsWith(
            file + ": cannot be written (java.io.IOException: File too large; needs 4000000")
        .containsPattern("bytes, free \\d+\\); make room or choose another output");
    assertThat(file).hasContent("old");
    assertThat(directory).isDirectoryNotContaining("glob:**.part");
  }

  /// Prints what the writer complains of.
  static final class WritesFourMegabytes {
    private WritesFourMegabytes() {}

    public static void main(String[] arguments) {
      try {
        SafetensorsWriter.write(Path.of(arguments[0]), List.of(floats("w", 1_000_000, 1)));
      } catch (WeightsException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
