package dev.jlava.data.image;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import javax.imageio.IIOException;

/// The checksums of a PNG's header and palette, which the JDK's reader does not verify: a damaged
/// palette would change colours without a word. The pixels carry a checksum of their own.
final class PngChunks {
  private static final int SIGNATURE = 8;
  private static final int LETTERS = 4;
  private static final int FRAME = 12;

  private PngChunks() {}

  static void check(byte[] bytes) throws IIOException, EOFException {
    ByteBuffer png = ByteBuffer.wrap(bytes);
    int at = SIGNATURE;
    while (true) {
      if (at + FRAME > bytes.length) {
        throw new EOFException();
      }
      String type = new String(bytes, at + 4, LETTERS, StandardCharsets.ISO_8859_1);
      if (type.equals("IDAT")) {
        return;
      }
      int length = png.getInt(at);
      if (length < 0 || length > bytes.length - FRAME - at) {
        throw new EOFException();
      }
      if (Character.isUpperCase(type.charAt(0))) {
        check(png, at, length, type);
      }
      at += FRAME + length;
    }
  }

  private static void check(ByteBuffer png, int at, int length, String type) throws IIOException {
    CRC32 checksum = new CRC32();
    checksum.update(png.slice(at + 4, LETTERS + length));
    if ((int) checksum.getValue() != png.getInt(at + 8 + length)) {
      throw new IIOException("wrong checksum of chunk " + type);
    }
  }
}
