package dev.jlava.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// A TorchScript archive (`.pt`) around one source text, as `torch.jit.save` lays it out: a module
/// without parameters whose class is `Ops`.
final class ScriptArchive {
  private ScriptArchive() {}

  static byte[] of(String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      put(zip, "ops/data.pkl", module());
      put(zip, "ops/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      put(zip, "ops/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      put(zip, "ops/version", "10\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// Pickle, protocol 2, of an `Ops` object whose only attribute is `training = True`.
  private static byte[] module() {
    String head = "\u0080\u0002c__torch__\nOps\n)\u0081}(X\b\0\0\0training\u0088ub.";
    return head.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void put(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    entry.setCrc(crc.getValue());
    entry.setSize(bytes.length);
    entry.setCompressedSize(bytes.length);
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }
}
