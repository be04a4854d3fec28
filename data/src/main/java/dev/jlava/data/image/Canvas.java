package dev.jlava.data.image;

/// An image standing on a plane of one colour, which is never painted: resizing knows where the
/// colour is and what becomes of it.
///
/// @param left columns of colour before the image
/// @param top rows of colour above the image
/// @param colour [3] red, green, blue, 0 to 255
record Canvas(RgbImage image, int width, int height, int left, int top, int[] colour) {
  /// The image alone.
  static Canvas of(RgbImage image) {
    return new Canvas(image, image.width(), image.height(), 0, 0, new int[RgbImage.CHANNELS]);
  }

  /// The image in the middle of a square, as LLaVA's `expand2square` places it.
  static Canvas square(RgbImage image, int[] colour) {
    int side = Math.max(image.width(), image.height());
    int left = (side - image.width()) / 2;
    int top = (side - image.height()) / 2;
    return new Canvas(image, side, side, left, top, colour);
  }

  /// Rows and columns exchanged.
  Canvas transposed() {
    return new Canvas(image.transposed(), height, width, top, left, colour);
  }
}
