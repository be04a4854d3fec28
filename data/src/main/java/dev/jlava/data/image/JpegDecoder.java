package dev.jlava.data.image;

import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.IOException;
import javax.imageio.IIOException;

/// JPEG to RGB with the arithmetic of libjpeg and Pillow.
///
/// The JDK's native libjpeg decodes to raw components (integer DCT, fancy upsampling); colours are
/// converted here, because the JDK would apply embedded colour profiles and guess other colour
/// spaces than libjpeg does.
final class JpegDecoder {
  /// libjpeg's fixed-point factors, `FIX(1.402)` and so on in jdcolor.c.
  private static final int CR_RED = 91881;

  private static final int CB_BLUE = 116130;
  private static final int CR_GREEN = 46802;
  private static final int CB_GREEN = 22554;
  private static final int HALF = 1 << 15;

  private JpegDecoder() {}

  static RgbImage decode(byte[] bytes) throws IOException {
    try (ImageSource source = ImageSource.open(ImageFormat.JPEG, bytes)) {
      Raster raster = source.reader().readRaster(0, null);
      for (String warning : source.warnings()) {
        if (warning.startsWith("Truncated File")) {
          throw new IIOException("the file is truncated, its end marker is missing");
        }
      }
      byte[] components = ((DataBufferByte) raster.getDataBuffer()).getData();
      JpegColours colours = JpegColours.of(bytes, raster.getNumBands());
      return new RgbImage(raster.getWidth(), raster.getHeight(), rgb(colours, components));
    }
  }

  private static byte[] rgb(JpegColours colours, byte[] components) {
    return switch (colours) {
      case GREY -> grey(components);
      case RGB -> components;
      case YCBCR -> ycbcr(components, 3);
      case CMYK -> cmyk(components);
      case YCCK -> cmyk(inverted(ycbcr(components, 4)));
    };
  }

  private static byte[] grey(byte[] y) {
    byte[] rgb = new byte[3 * y.length];
    for (int i = 0; i < y.length; i++) {
      rgb[3 * i] = y[i];
      rgb[3 * i + 1] = y[i];
      rgb[3 * i + 2] = y[i];
    }
    return rgb;
  }

  /// Converts the first three of `bands` interleaved components in place.
  private static byte[] ycbcr(byte[] pixels, int bands) {
    for (int i = 0; i < pixels.length; i += bands) {
      int y = pixels[i] & 0xFF;
      int cb = (pixels[i + 1] & 0xFF) - 128;
      int cr = (pixels[i + 2] & 0xFF) - 128;
      pixels[i] = clip(y + ((CR_RED * cr + HALF) >> 16));
      pixels[i + 1] = clip(y + ((HALF - CB_GREEN * cb - CR_GREEN * cr) >> 16));
      pixels[i + 2] = clip(y + ((CB_BLUE * cb + HALF) >> 16));
    }
    return pixels;
  }

  /// YCCK to CMYK: what is red in YCbCr is the lack of cyan; black is stored as it is.
  private static byte[] inverted(byte[] pixels) {
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 4 == 3 ? pixels[i] : ~pixels[i]);
    }
    return pixels;
  }

  /// Adobe stores inks inverted and Pillow takes every file for Adobe's: a component is what the
  /// ink leaves of the light.
  private static byte[] cmyk(byte[] inks) {
    byte[] rgb = new byte[inks.length / 4 * 3];
    for (int in = 0, out = 0; in < inks.length; in += 4, out += 3) {
      int light = inks[in + 3] & 0xFF;
      for (int c = 0; c < 3; c++) {
        int product = (255 - (inks[in + c] & 0xFF)) * light + 128;
        rgb[out + c] = clip(light - (((product >> 8) + product) >> 8));
      }
    }
    return rgb;
  }

  private static byte clip(int value) {
    return (byte) Math.clamp(value, 0, 255);
  }
}
