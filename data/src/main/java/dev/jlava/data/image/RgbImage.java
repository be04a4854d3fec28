package dev.jlava.data.image;

/// A decoded image: 8-bit red, green, blue, row by row.
///
/// @param rgb [height × width × 3]; owned by the image, not to be changed
public record RgbImage(int width, int height, byte[] rgb) {
  /// Number of colour channels.
  public static final int CHANNELS = 3;

  public RgbImage {
    if (width < 1 || height < 1 || rgb.length != (long) CHANNELS * width * height) {
      throw new IllegalArgumentException(
          "image of " + width + "x" + height + " with " + rgb.length + " bytes");
    }
  }

  /// Rows and columns exchanged.
  RgbImage transposed() {
    byte[] result = new byte[rgb.length];
    for (int y = 0, in = 0; y < height; y++) {
      for (int x = 0; x < width; x++, in += CHANNELS) {
        System.arraycopy(rgb, in, result, CHANNELS * (x * height + y), CHANNELS);
      }
    }
    return new RgbImage(height, width, result);
  }

  static byte[] filled(int pixels, int red, int green, int blue) {
    byte[] bytes = new byte[Math.multiplyExact(CHANNELS, pixels)];
    for (int i = 0; i < bytes.length; i += CHANNELS) {
      bytes[i] = (byte) red;
      bytes[i + 1] = (byte) green;
      bytes[i + 2] = (byte) blue;
    }
    return bytes;
  }
}
