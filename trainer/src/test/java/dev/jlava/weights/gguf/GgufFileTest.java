package dev.jlava.weights.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.testing.Golden;
import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Reads a file that the gguf package wrote, and what becomes of it when it is damaged.
final class GgufFileTest {
  private static final Path GOLDEN = Golden.path("gguf/llama.gguf");

  @TempDir private Path directory;
  private final Arena arena = Arena.ofShared();

  @AfterEach
  void close() {
    arena.close();
  }

  @Test
  void everyTypeOfMetadataIsRead() {
    GgufMetadata metadata = GgufFile.read(GOLDEN, arena).metadata();
    assertThat(metadata.integer("test.uint8")).isEqualTo(200);
    assertThat(metadata.integer("test.int8")).isEqualTo(-100);
    assertThat(metadata.integer("test.uint16")).isEqualTo(60000);
    assertThat(metadata.integer("test.int16")).isEqualTo(-30000);
    assertThat(metadata.integer("test.int32")).isEqualTo(-2_000_000_000);
    assertThat(metadata.integer("test.uint64")).isEqualTo(1L << 40);
    assertThat(metadata.integer("test.int64")).isEqualTo(-(1L << 40));
    assertThat(metadata.number("test.float32")).isEqualTo(1.5);
    assertThat(metadata.number("test.float64")).isEqualTo(0.1);
    assertThat(metadata.optionalBool("test.bool")).contains(true);
    assertThat(metadata.strings("test.strings")).containsExactly("naïve", "", "日本");
    assertThat(metadata.numbers("test.floats")).containsExactly(0.5, -2.0);
    assertThat(metadata.integer("general.alignment")).isEqualTo(64);
    assertThat(metadata.string("general.name")).isEqualTo("tiny");
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    GgufFile read = GgufFile.read(GOLDEN, arena);
    GgufMetadata copy = new GgufMetadata(directory.resolve("copy.gguf"));
    read.metadata().values().forEach(copy::put);
    copy.uint32("general.alignment", 32);
    List<GgufWriter.Item> items =
        read.tensors().values().stream()
            .map(t -> new GgufWriter.Item(t.name(), t.type(), t.shape(), a -> t.blocks()))
            .toList();
    GgufWriter.write(copy, items);
    GgufFile again = GgufFile.read(directory.resolve("copy.gguf"), arena);
    assertThat(again.metadata().values()).isEqualTo(copy.values());
    assertThat(again.tensors().keySet()).containsExactlyElementsOf(read.tensors().keySet());
    again
        .tensors()
        .forEach((name, tensor) -> {
          GgufTensor original = GgufConfig.tensor(read, name);
          assertThat(tensor.shape()).isEqualTo(original.shape());
          assertThat(tensor.blocks().mismatch(original.blocks())).as(name).isEqualTo(-1);
        });
  }

  @Test
  void aMissingKeyAndAWrongTypeAreNamed() {
    GgufMetadata metadata = GgufFile.read(GOLDEN, arena).metadata();
    assertThatThrownBy(() -> metadata.integer("llama.rope"))
        .isInstanceOf(WeightsException.class)
        .hasMessage(
            GOLDEN
                + ": metadata 'llama.rope' is missing (expected an integer); convert the model"
                + " again");
    assertThatThrownBy(() -> metadata.integer("general.name"))
        .hasMessageContaining("metadata 'general.name' is STRING tiny (expected an integer)");
    assertThatThrownBy(() -> metadata.integers("test.strings"))
        .hasMessageContaining("'test.strings' is a list of STRING (expected a list of integers)");
  }

  @Test
  void otherFilesAreNotGguf() throws IOException {
    Path file = Files.writeString(directory.resolve("a.gguf"), "no model, some text");
    assertThat(GgufFile.is(file)).isFalse();
    assertThat(GgufFile.is(directory)).isFalse();
    assertThatThrownBy(() -> GgufFile.read(file, arena))
        .hasMessageContaining("not a GGUF file (found the bytes [110, 111, 32, 109]");
    assertThatThrownBy(() -> damaged(bytes -> bytes.putInt(4, 1)))
        .hasMessageContaining("GGUF version 1 is not supported (allowed 2 and 3, little-endian)");
  }

  @Test
  void aFileThatEndsEarlyNamesWhatIsCut() throws IOException {
    byte[] all = Files.readAllBytes(GOLDEN);
    for (int length : new int[] {3, 7, 20, 60, 3000, all.length - 1}) {
      Path file = directory.resolve("cut.gguf");
      Files.write(file, Arrays.copyOf(all, length));
      assertThatThrownBy(() -> GgufFile.read(file, arena))
          .as("%d bytes", length)
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining(file + ": truncated in ")
          .hasMessageContaining("(found " + length + " bytes, expected at least ");
    }
  }

  @Test
  void wrongTensorsAreNamed() throws IOException {
    int info = indexOf("blk.0.attn_q.weight") + "blk.0.attn_q.weight".length();
    int type = info + 4 + 2 * 8;
    assertThatThrownBy(() -> damaged(bytes -> bytes.putInt(type, 99)))
        .hasMessageContaining("tensor 'blk.0.attn_q.weight' has type 99 (allowed [F32, F16, ");
    assertThatThrownBy(() -> damaged(bytes -> bytes.putInt(type, GgmlType.Q4_K.id())))
        .hasMessageContaining(
            "'blk.0.attn_q.weight' has rows of 32 elements (expected a multiple of 256 for Q4_K)");
    assertThatThrownBy(() -> damaged(bytes -> bytes.putLong(type + 4, 1L << 40)))
        .hasMessageContaining("truncated in tensor 'blk.0.attn_q.weight'");
    assertThatThrownBy(() -> damaged(bytes -> bytes.putLong(type + 4, 17)))
        .hasMessageContaining("begins at offset 17 (expected a multiple of 64)");
    assertThatThrownBy(() -> damaged(bytes -> bytes.putLong(type + 4, Long.MAX_VALUE & ~63)))
        .hasMessageContaining("truncated in tensor 'blk.0.attn_q.weight'");
    assertThatThrownBy(() -> damaged(bytes -> bytes.putLong(info + 4, 1L << 61)))
        .hasMessageContaining("has more bytes than any file");
    assertThatThrownBy(() -> damaged(bytes -> bytes.putInt(info, 9)))
        .hasMessageContaining("has 9 dimensions (expected at most 4)");
  }

  @Test
  void wrongMetadataIsNamed() throws IOException {
    int type = indexOf("general.name") + "general.name".length();
    assertThatThrownBy(() -> damaged(bytes -> bytes.putInt(type, 13)))
        .hasMessageContaining("metadata 'general.name' has type 13 (allowed 0 to 12)");
    assertThatThrownBy(() -> damaged(bytes -> bytes.putLong(type + 4, -1)))
        .hasMessageContaining(
            "metadata 'general.name' has 18446744073709551615 in place of a count");
    int alignment = indexOf("general.alignment") + "general.alignment".length() + 4;
    assertThatThrownBy(() -> damaged(bytes -> bytes.putInt(alignment, 48)))
        .hasMessageContaining("general.alignment is 48 (expected a power of two)");
  }

  private static int indexOf(String text) throws IOException {
    String all = Files.readString(GOLDEN, StandardCharsets.ISO_8859_1);
    return all.indexOf(text);
  }

  private GgufFile damaged(Consumer<ByteBuffer> damage) {
    try {
      byte[] all = Files.readAllBytes(GOLDEN);
      damage.accept(ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN));
      return GgufFile.read(Files.write(directory.resolve("damaged.gguf"), all), arena);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
