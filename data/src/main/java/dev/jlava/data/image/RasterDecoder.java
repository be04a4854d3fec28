package dev.jlava.data.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.IIOException;

/// PNG, BMP, GIF and WebP to RGB: samples are taken as they are stored, without colour management.
/// WebP is decoded by libwebp, the library that Pillow uses.
final class RasterDecoder {
  private RasterDecoder() {}

  static RgbImage decode(ImageFormat format, byte[] bytes) throws IOException {
    if (format == ImageFormat.PNG) {
      PngChunks.check(bytes);
    }
    if (format == ImageFormat.WEBP && isAnimated(bytes)) {
      throw new IIOException("animated WebP is not supported");
    }
    try (ImageSource source = ImageSource.open(format, bytes)) {
      BufferedImage image = source.reader().read(0);
      if (!source.warnings().isEmpty()) {
        throw new IIOException(source.warnings().getFirst());
      }
      RgbImage rgb =
          new RgbImage(
              image.getWidth(),
              image.getHeight(),
              image.getColorModel() instanceof IndexColorModel palette
                  ? indexed(image.getRaster(), palette)
                  : direct(image.getRaster(), isGrey16(format, bytes)));
      return format == ImageFormat.GIF
          ? GifScreen.of(source.reader()).place(rgb, image.getColorModel())
          : rgb;
    }
  }

  /// Whether the extended header, if there is one, has the animation flag.
  private static boolean isAnimated(byte[] webp) {
    return webp.length > 20 && webp[15] == 'X' && (webp[20] & 2) != 0;
  }

  private static byte[] indexed(Raster raster, IndexColorModel palette) {
    int width = raster.getWidth();
    int[] colours = new int[Math.max(palette.getMapSize(), 256)];
    palette.getRGBs(colours);
    byte[] rgb = new byte[Math.multiplyExact(3, width * raster.getHeight())];
    int[] row = new int[width];
    for (int y = 0, out = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int colour = colours[row[x]];
        rgb[out++] = (byte) (colour >> 16);
        rgb[out++] = (byte) (colour >> 8);
        rgb[out++] = (byte) colour;
      }
    }
    return rgb;
  }

  /// Whether the header says PNG, 16 bit, grey: the one kind whose samples Pillow limits to 255
  /// where it keeps the high byte of every other 16-bit sample.
  private static boolean isGrey16(ImageFormat format, byte[] bytes) {
    return format == ImageFormat.PNG && bytes[24] == 16 && bytes[25] == 0;
  }

  /// One or two bands are grey (and alpha), three or four red, green, blue (and alpha).
  private static byte[] direct(Raster raster, boolean limited) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    int green = bands < 3 ? 0 : 1;
    int blue = bands < 3 ? 0 : 2;
    int[] bits = raster.getSampleModel().getSampleSize();
    byte[] rgb = new byte[Math.multiplyExact(3, width * raster.getHeight())];
    int[] row = new int[width * bands];
    for (int y = 0, out = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int in = 0; in < row.length; in += bands) {
        rgb[out++] = eightBits(row[in], bits[0], limited);
        rgb[out++] = eightBits(row[in + green], bits[green], limited);
        rgb[out++] = eightBits(row[in + blue], bits[blue], limited);
      }
    }
    return rgb;
  }

  private static byte eightBits(int sample, int bits, boolean limited) {
    if (bits == 8 || limited) {
      return (byte) Math.min(sample, 255);
    }
    return (byte) (bits > 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1));
  }
}
