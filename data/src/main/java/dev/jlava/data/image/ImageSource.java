package dev.jlava.data.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// One ImageIO reader opened on bytes in memory, so that no disk cache is involved; warnings that
/// the reader gives are kept.
final class ImageSource implements AutoCloseable {
  /// Pillow's limit of a decompression bomb, twice `MAX_IMAGE_PIXELS`.
  private static final long MAX_PIXELS = 178_956_970;

  private final ImageReader reader;
  private final List<String> warnings = new ArrayList<>();

  private ImageSource(ImageReader reader) {
    this.reader = reader;
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
  }

  static ImageSource open(ImageFormat format, byte[] bytes) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format.reader());
    if (!readers.hasNext()) {
      throw new IllegalStateException("no ImageIO reader for " + format);
    }
    ImageSource source = new ImageSource(readers.next());
    var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes));
    source.reader.setInput(input, true, format != ImageFormat.GIF);
    source.checkSize();
    return source;
  }

  private void checkSize() throws IOException {
    int width = reader.getWidth(0);
    int height = reader.getHeight(0);
    if ((long) width * height > MAX_PIXELS) {
      throw new IIOException(
          width + "x" + height + " pixels, expected at most " + MAX_PIXELS + " in all");
    }
  }

  ImageReader reader() {
    return reader;
  }

  List<String> warnings() {
    return warnings;
  }

  @Override
  public void close() {
    reader.dispose();
  }
}
