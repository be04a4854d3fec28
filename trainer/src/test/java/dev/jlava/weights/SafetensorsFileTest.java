package dev.jlava.weights;

import static dev.jlava.weights.WeightFixtures.assertRefused;
import static dev.jlava.weights.WeightFixtures.safetensors;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SafetensorsFileTest {
  @TempDir Path directory;
  private Path file = Path.of("");

  @BeforeEach
  void name() {
    file = directory.resolve("model.safetensors");
  }

  /// A sparse file: the hole takes no room on the disk.
  @Test
  void tensorsBehindTwoGigabytesAreRead() throws IOException {
    long hole = (1L << 31) + 100_000_000;
    String header =
        "{\"hole\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},".formatted(hole, hole)
            + "\"far\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[%d,%d]}}"
                .formatted(hole, hole + 12);
    ByteBuffer far = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    far.putFloat(1.5f).putFloat(-2).putFloat(3.25f).flip();
    safetensors(file, header, 0);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(far, channel.size() + hole);
    }
    try (WeightFiles files = WeightFiles.open(file)) {
      TensorEntry entry = Objects.requireNonNull(files.entries().get("far"));
      assertThat(entry.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
          .containsExactly(1.5f, -2, 3.25f);
      assertThat(entry.shape()).containsExactly(3);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7})
  void aFileWithoutALengthIsTruncated(int length) throws IOException {
    Files.write(file, new byte[length]);
    assertRefused(file)
        .hasMessage(
            file
                + ": truncated in the header (found "
                + length
                + " bytes, expected 8); download or copy it again");
  }

  @Test
  void aTruncatedHeaderIsRefused() throws IOException {
    byte[] all = Files.readAllBytes(WeightFixtures.path("sharded.safetensors"));
    Files.write(file, Arrays.copyOf(all, 100));
    assertRefused(file)
        .hasMessage(
            file
                + ": truncated in the header (found 100 bytes, expected 136); download or copy it"
                + " again");
  }

  @Test
  void truncatedDataIsRefused() throws IOException {
    safetensors(file, "{'w':{'dtype':'F32','shape':[2,3],'data_offsets':[0,24]}}", 23);
    assertRefused(file)
        .hasMessage(
            file
                + ": truncated in tensor 'w' (found 23 bytes, expected 24); download or copy it"
                + " again");
  }

  @Test
  void aFileOfAnotherFormatIsRefused() throws IOException {
    Files.writeString(file, "<!DOCTYPE html><html>", StandardCharsets.UTF_8);
    assertRefused(file)
        .hasMessage(
            file
                + ": not a safetensors file (found a header of 5789751444030890300 bytes, expected"
                + " 2 to 100000000); download or copy it again");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'w':} | the header is not JSON (",
        "[1, 2] | the header is ARRAY, expected a JSON object",
        "{'w':{'dtype':'F8_E4M3','shape':[16],'data_offsets':[0,16]}} | tensor 'w' has dtype 'F8_E4M3' (allowed [F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL]); convert it",
        "{'w':{'dtype':'F32','shape':[4],'data_offsets':[0,12]}} | tensor 'w' spans bytes 0 to 12, expected 16 bytes for F32[4]; download or copy it again",
        "{'w':{'dtype':'F32','shape':[4]}} | tensor 'w' spans bytes -1 to -1, expected 16 bytes for F32[4]",
        "{'w':{'dtype':'F32','shape':[-4],'data_offsets':[0,16]}} | tensor 'w' has shape [-4], expected a list of sizes",
        "{'w':{'dtype':'F32','shape':['4'],'data_offsets':[0,16]}} | tensor 'w' has shape [\"4\"], expected a list of sizes",
        "{'w':{'dtype':'F32','data_offsets':[0,4]}} | tensor 'w' has shape , expected a list of sizes",
        "{'w':{'dtype':'U8','shape':[4611686018427387904,4],'data_offsets':[0,0]}} | tensor 'w' has shape [4611686018427387904, 4], more bytes than a file can have",
        "{'a':{'dtype':'U8','shape':[9],'data_offsets':[0,9]},'b':{'dtype':'U8','shape':[9],'data_offsets':[7,16]}} | tensor 'b' begins at byte 7 of the data, expected 9, where the one before it ends; download or copy it again",
        "{'a':{'dtype':'U8','shape':[7],'data_offsets':[0,7]},'b':{'dtype':'U8','shape':[7],'data_offsets':[9,16]}} | tensor 'b' begins at byte 9 of the data, expected 7, where the one before it ends",
        "{'w':{'dtype':'U8','shape':[4],'data_offsets':[0,4]}} | holds 16 bytes of data, expected 4, where the last tensor ends; download or copy it again",
        "{'w':{'dtype':'U8','shape':[16],'data_offsets':[0,16]},'w':{'dtype':'U8','shape':[0],'data_offsets':[0,0]}} | the header is not JSON (Duplicate",
      })
  void headersThatContradictTheDataAreRefused(String header, String message) throws IOException {
    safetensors(file, header, 16);
    assertRefused(file).hasMessageStartingWith(file + ": " + message);
  }
}
