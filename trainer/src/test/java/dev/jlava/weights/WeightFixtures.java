package dev.jlava.weights;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;

/// The files that `tools/golden/gen_torch_files.py` makes, and safetensors files made by hand.
final class WeightFixtures {
  private WeightFixtures() {}

  static Path path(String name) {
    URL url = Objects.requireNonNull(WeightFixtures.class.getResource("/weights/" + name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(name, e);
    }
  }

  /// Writes a header and the first bytes of the data (zeros).
  static Path safetensors(Path file, String header, int numBytes) throws IOException {
    byte[] text = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(8 + text.length + numBytes).order(ByteOrder.LITTLE_ENDIAN);
    return Files.write(file, all.putLong(text.length).put(text).array());
  }

  /// Writes a torch archive of a pickle (a character for each byte) and of one storage `0` of
  /// zeros.
  static Path archive(Path file, String pickle, int numBytes) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      record(zip, "archive/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1));
      record(zip, "archive/data/0", new byte[numBytes]);
    }
    return file;
  }

  private static void record(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  /// What opening a file or directory complains of.
  static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Path path) {
    return assertThatThrownBy(() -> WeightFiles.open(path).close())
        .isInstanceOf(WeightsException.class);
  }
}
