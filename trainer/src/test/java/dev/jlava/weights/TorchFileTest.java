package dev.jlava.weights;

import static dev.jlava.weights.WeightFixtures.assertRefused;
import static dev.jlava.weights.WeightFixtures.path;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.testing.Golden;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TorchFileTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "state_dict.bin, state_dict.safetensors, 23",
    "nested.bin, nested.safetensors, 5",
    "sharded, sharded.safetensors, 2",
  })
  void tensorsAreThoseThatTorchSaved(String torch, String safetensors, int numTensors) {
    try (WeightFiles files = WeightFiles.open(path(torch));
        WeightFiles expected = WeightFiles.open(path(safetensors))) {
      assertThat(files.entries()).hasSize(numTensors);
      assertThat(files.entries().keySet()).isEqualTo(expected.entries().keySet());
      expected.entries().forEach((name, entry) -> assertSame(entry(files, name), entry));
    }
  }

  /// The same model as the original LLaVA saved it: a decoder in fp16, a projector in fp32 and
  /// bf16.
  @ParameterizedTest
  @CsvSource({"bin, F16, 25", "mm_projector.bin, F32, 4", "mm_projector_bf16.bin, BF16, 4"})
  void originalCheckpointsAreReadInTheirDtypes(String name, Dtype dtype, int numTensors) {
    try (WeightFiles torch = WeightFiles.open(Golden.path("llava/original/" + name));
        WeightFiles expected = WeightFiles.open(Golden.path("llava/original/model"))) {
      assertThat(torch.entries()).hasSize(numTensors);
      torch
          .entries()
          .forEach((tensor, entry) -> assertRounded(entry, entry(expected, tensor), dtype));
    }
  }

  private static void assertRounded(TensorEntry found, TensorEntry fp32, Dtype dtype) {
    assertThat(found.dtype()).isEqualTo(dtype);
    assertThat(found.shape()).isEqualTo(fp32.shape());
    for (long i = 0; i < fp32.data().byteSize() / Float.BYTES; i++) {
      float value = fp32.data().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      float tolerance = dtype == Dtype.F32 ? 0 : Math.max(Math.abs(value) / 256, 1e-7f);
      assertThat(value(found, i)).as("%s[%d]", found.name(), i).isEqualTo(value, within(tolerance));
    }
  }

  private static float value(TensorEntry entry, long i) {
    return switch (entry.dtype()) {
      case F32 -> entry.data().getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
      case F16 ->
          Float.float16ToFloat(entry.data().getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i));
      case BF16 ->
          Float.intBitsToFloat(
              entry.data().getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i) << Short.SIZE);
      default -> throw new AssertionError(entry.dtype());
    };
  }

  private static void assertSame(TensorEntry found, TensorEntry expected) {
    assertThat(found.dtype()).as(found.name()).isEqualTo(expected.dtype());
    assertThat(found.shape()).as(found.name()).isEqualTo(expected.shape());
    assertThat(bytes(found)).as(found.name()).isEqualTo(bytes(expected));
  }

  private static byte[] bytes(TensorEntry entry) {
    return entry.data().toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void tensorsOfOneStorageAreViewsOfTheSameBytes() {
    try (WeightFiles files = WeightFiles.open(path("state_dict.bin"))) {
      MemorySegment whole = data(files, "shared.whole");
      assertThat(data(files, "shared.again").address()).isEqualTo(whole.address());
      assertThat(data(files, "shared.rows").address()).isEqualTo(whole.address() + 6 * 4);
      assertThat(whole.isMapped()).isTrue();
      assertThat(data(files, "transposed").isMapped()).isFalse();
      assertThat(data(files, "transposed").isReadOnly()).isTrue();
    }
  }

  private static MemorySegment data(WeightFiles files, String name) {
    return entry(files, name).data();
  }

  private static TensorEntry entry(WeightFiles files, String name) {
    return Objects.requireNonNull(files.entries().get(name), name);
  }

  /// The fixture holds all of a 5.2 GB file that torch wrote but the hole in its middle.
  @Test
  void filesBeyondFourGigabytesAreRead() throws IOException {
    Path file = directory.resolve("over_4g.bin");
    try (DataInputStream extents =
            new DataInputStream(Files.newInputStream(path("over_4g.extents")));
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (int i = 0; i < 2; i++) {
        long offset = extents.readLong();
        byte[] bytes = extents.readNBytes(extents.readInt());
        channel.write(ByteBuffer.wrap(bytes), offset);
      }
    }
    try (WeightFiles files = WeightFiles.open(file)) {
      assertThat(data(files, "big").byteSize()).isEqualTo(5_200_000_000L);
      assertThat(data(files, "far").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
          .containsExactly(1.5f, -2f, 3.25f);
      assertThat(data(files, "last").toArray(ValueLayout.JAVA_LONG_UNALIGNED))
          .containsExactly(1L << 40, -1L);
    }
  }

  @Test
  void aPickleThatCallsTheSystemIsRefusedAndNotRun() {
    Path file = path("calls_os_system.bin");
    assertRefused(file)
        .hasMessage(
            file
                + ": refers to Python's 'posix.system', which no state dict needs and which could"
                + " run code; nothing was run. If you trust the file, load it with torch and save"
                + " its tensors alone, as safetensors or with torch.save(state_dict)");
    assertThat(Path.of("jlava-ran-a-pickle")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "makes_an_object.bin | refers to Python's '__main__.Made', which no state dict needs",
        "legacy.bin | in torch's format of before 1.6 (a pickle, expected a zip archive); load it"
            + " with torch and torch.save it again",
        "compressed.bin | record 'state_dict/byteorder' is compressed or encrypted (torch.save"
            + " stores records as they are); load and save the file again with torch",
        "float8.bin | a tensor is stored through torch._utils._rebuild_tensor_v3, whose dtypes are"
            + " not supported (allowed [F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL]); convert"
            + " it",
        "complex.bin | a tensor is stored through torch.ComplexFloatStorage, whose dtypes are not"
            + " supported",
        "expanded.bin | tensor 'weight' of shape [4] cannot be read: it is an expanded view of"
            + " fewer elements; save it with .contiguous()",
        "no_tensors.bin | holds no tensors; not a state dict?",
        "torchscript.bin | a TorchScript module, expected a state dict; save its state_dict()",
      })
  void filesThatAreNoStateDictAreRefused(String name, String message) {
    assertRefused(path(name)).hasMessageStartingWith(path(name) + ": " + message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pytorch_model.bin | PK and so on | truncated (found no zip directory at the end of its 12 bytes)",
        "adapter_model.bin | hello | not a file of torch.save (expected a zip archive, found 5 bytes"
            + " that are none); download or copy it again",
      })
  void filesThatAreNoArchiveAreRefused(String name, String content, String message)
      throws IOException {
    Path file = Files.writeString(directory.resolve(name), content);
    assertRefused(file).hasMessageStartingWith(file + ": " + message);
  }

  @Test
  void truncatedFilesAreRefusedWhereverTheyEnd() throws IOException {
    byte[] all = Files.readAllBytes(path("state_dict.bin"));
    for (int length = 0; length < all.length; length += 61) {
      Path file = Files.write(directory.resolve("cut.bin"), Arrays.copyOf(all, length));
      assertRefused(file)
          .as("first %d bytes", length)
          .hasMessageStartingWith(file + ": ")
          .hasMessageEndingWith("; download or copy it again");
    }
  }

  /// Damage is refused or harmless: no other exception, and no read outside the file.
  @Test
  void damagedFilesFailOnlyAsWeights() throws IOException {
    byte[] all = Files.readAllBytes(path("state_dict.bin"));
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] damaged = all.clone();
      for (int n = random.nextInt(1, 4); n > 0; n--) {
        damaged[random.nextInt(all.length)] = (byte) random.nextInt(256);
      }
      Path file = Files.write(directory.resolve("damaged.bin"), damaged);
      try (WeightFiles files = WeightFiles.open(file)) {
        files.entries().values().forEach(TorchFileTest::bytes);
      } catch (WeightsException e) {
        refused++;
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("seed " + seed + ", file " + i, e);
      }
    }
    assertThat(refused).isGreaterThan(500);
  }
}
