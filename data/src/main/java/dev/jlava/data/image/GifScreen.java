package dev.jlava.data.image;

import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;

/// The logical screen of a GIF and where its first frame stands on it. Pillow gives the whole
/// screen, with the frame's transparent colour, else its first one, around the frame.
record GifScreen(int width, int height, int left, int top) {
  static GifScreen of(ImageReader reader) throws IOException {
    IIOMetadata stream = reader.getStreamMetadata();
    IIOMetadata image = reader.getImageMetadata(0);
    IIOMetadataNode screen = node(stream, "LogicalScreenDescriptor");
    IIOMetadataNode frame = node(image, "ImageDescriptor");
    return new GifScreen(
        number(screen, "logicalScreenWidth"),
        number(screen, "logicalScreenHeight"),
        number(frame, "imageLeftPosition"),
        number(frame, "imageTopPosition"));
  }

  private static IIOMetadataNode node(IIOMetadata metadata, String name) {
    var root = (IIOMetadataNode) metadata.getAsTree(metadata.getNativeMetadataFormatName());
    return (IIOMetadataNode) root.getElementsByTagName(name).item(0);
  }

  private static int number(IIOMetadataNode node, String attribute) {
    return Integer.parseInt(node.getAttribute(attribute));
  }

  RgbImage place(RgbImage frame, ColorModel colours) {
    int screenWidth = Math.max(width, left + frame.width());
    int screenHeight = Math.max(height, top + frame.height());
    if (screenWidth == frame.width() && screenHeight == frame.height()) {
      return frame;
    }
    var palette = (IndexColorModel) colours;
    int around = palette.getRGB(Math.max(palette.getTransparentPixel(), 0));
    byte[] screen = RgbImage.filled(screenWidth * screenHeight, around >> 16, around >> 8, around);
    int row = 3 * frame.width();
    for (int y = 0; y < frame.height(); y++) {
      System.arraycopy(frame.rgb(), y * row, screen, 3 * ((top + y) * screenWidth + left), row);
    }
    return new RgbImage(screenWidth, screenHeight, screen);
  }
}
