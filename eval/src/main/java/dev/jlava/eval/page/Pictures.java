package dev.jlava.eval.page;

import dev.jlava.data.DataException;
import dev.jlava.data.image.ImageReader;
import dev.jlava.data.image.RgbImage;
import java.awt.Graphics2D;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;

/// The pictures of a page: scaled down, each file once, as data URLs, until a number of bytes is
/// reached. Not thread-safe.
public final class Pictures {
  private static final int LONGEST_SIDE = 336;

  private final ImageReader reader = new ImageReader();
  private final Map<Path, Integer> places = new HashMap<>();
  private final List<String> urls = new ArrayList<>();
  private long bytesLeft;
  private int unreadable;
  private int tooMany;

  /// @param budget characters that the data URLs may take
  public Pictures(long budget) {
    this.bytesLeft = budget;
  }

  /// The picture's place in [#urls()]; -1 where it is left out.
  public int add(Path file) {
    return places.computeIfAbsent(file, this::read);
  }

  public List<String> urls() {
    return List.copyOf(urls);
  }

  /// Says which pictures are left out and why; empty if none is.
  public Optional<String> note() {
    List<String> reasons = new ArrayList<>();
    if (tooMany > 0) {
      reasons.add(tooMany + " to keep the page small");
    }
    if (unreadable > 0) {
      reasons.add(unreadable + " whose files cannot be read any more");
    }
    return reasons.isEmpty()
        ? Optional.empty()
        : Optional.of("Pictures left out: " + String.join(", ", reasons) + ".");
  }

  private int read(Path file) {
    if (bytesLeft <= 0) {
      tooMany++;
      return -1;
    }
    String url;
    try {
      url = url(reader.read(file));
    } catch (DataException e) {
      unreadable++;
      return -1;
    }
    bytesLeft -= url.length();
    urls.add(url);
    return urls.size() - 1;
  }

  /// PNG where that is the smaller one, as it is for drawings, else JPEG.
  private static String url(RgbImage image) {
    BufferedImage small = small(image);
    byte[] png = encoded(small, "png");
    byte[] jpeg = encoded(small, "jpeg");
    boolean drawing = png.length <= jpeg.length;
    return "data:image/%s;base64,%s"
        .formatted(
            drawing ? "png" : "jpeg", Base64.getEncoder().encodeToString(drawing ? png : jpeg));
  }

  private static BufferedImage small(RgbImage image) {
    BufferedImage whole =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0, at = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++, at += RgbImage.CHANNELS) {
        byte[] rgb = image.rgb();
        whole.setRGB(x, y, (rgb[at] & 255) << 16 | (rgb[at + 1] & 255) << 8 | (rgb[at + 2] & 255));
      }
    }
    double scale = LONGEST_SIDE / (double) Math.max(image.width(), image.height());
    return scale >= 1 ? whole : scaled(whole, scale);
  }

  private static BufferedImage scaled(BufferedImage image, double scale) {
    int width = Math.max(1, (int) Math.round(image.getWidth() * scale));
    int height = Math.max(1, (int) Math.round(image.getHeight() * scale));
    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = result.createGraphics();
    graphics.drawImage(
        image.getScaledInstance(width, height, Image.SCALE_AREA_AVERAGING), 0, 0, null);
    graphics.dispose();
    return result;
  }

  private static byte[] encoded(BufferedImage image, String format) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, bytes)) {
        throw new IllegalStateException("this JDK writes no " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
