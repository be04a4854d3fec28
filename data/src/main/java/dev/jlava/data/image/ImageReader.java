package dev.jlava.data.image;

import dev.jlava.data.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/// Reads an image file as Pillow's `Image.open(file).convert("RGB")` does: EXIF orientation and
/// colour profiles are ignored, alpha is dropped and not blended, of an animation the first frame
/// counts. Thread-safe.
///
/// Every fault of the file is a [DataException] that names it.
public final class ImageReader {
  private static final String REMEDY = "; replace the file or remove the sample";
  private static final int SHOWN_BYTES = 8;

  /// Decodes a JPEG, PNG, WebP, GIF or BMP file.
  public RgbImage read(Path file) {
    byte[] bytes = bytes(file);
    ImageFormat format =
        ImageFormat.of(bytes)
            .orElseThrow(() ->
                new DataException(
                    file
                        + ": not an image (found bytes "
                        + beginning(bytes)
                        + ", expected JPEG, PNG, WebP, GIF or BMP)"
                        + REMEDY));
    try {
      return format == ImageFormat.JPEG
          ? JpegDecoder.decode(bytes)
          : RasterDecoder.decode(format, bytes);
    } catch (IOException | RuntimeException e) {
      throw new DataException(
          "%s: %s image cannot be decoded (found %d bytes: %s)%s"
              .formatted(file, format, bytes.length, reason(e), REMEDY),
          e);
    }
  }

  private static byte[] bytes(Path file) {
    byte[] bytes;
    try {
      if (Files.isDirectory(file)) {
        throw new DataException(file + ": not an image (found a directory)" + REMEDY);
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new DataException(
          file + ": image file not found; check the sample's `image` and the recipe's `images`", e);
    } catch (IOException e) {
      throw new DataException(
          file + ": image file cannot be read (" + e + "); check its permissions and the disk", e);
    }
    if (bytes.length == 0) {
      throw new DataException(file + ": image file is empty (found 0 bytes)" + REMEDY);
    }
    return bytes;
  }

  private static String beginning(byte[] bytes) {
    byte[] first = Arrays.copyOf(bytes, Math.min(SHOWN_BYTES, bytes.length));
    String text = new String(first, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", ".");
    return HexFormat.ofDelimiter(" ").formatHex(first) + " \"" + text + "\"";
  }

  private static String reason(Exception e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    if (root instanceof EOFException) {
      return "the file is truncated";
    }
    String message = root.getMessage();
    return message == null || message.isBlank() ? root.getClass().getSimpleName() : message;
  }
}
