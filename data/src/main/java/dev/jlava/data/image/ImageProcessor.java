package dev.jlava.data.image;

import dev.jlava.data.DataException;
import java.nio.file.Path;
import java.util.Arrays;

/// An image file to the pixel values that a vision tower reads: decode, pad, resize, crop, rescale,
/// normalise, with the numbers of Hugging Face's CLIPImageProcessor and SiglipImageProcessor.
/// Thread-safe.
///
/// CLIP's layout is channels last throughout: transformers guesses it from the shape, and guesses
/// wrong for an image of height 1 or 3.
public final class ImageProcessor {
  private final ImageReader reader = new ImageReader();
  private final ImageProcessorConfig config;
  private final Aspect aspect;
  private final ResizeRule.Exact output;

  /// [3 × 256] the pixel value of each 8-bit value, by channel.
  private final float[] values;

  private ImageProcessor(
      ImageProcessorConfig config, Aspect aspect, ResizeRule.Exact output, float[] values) {
    this.config = config;
    this.aspect = aspect;
    this.output = output;
    this.values = values;
  }

  /// The processor of a `preprocessor_config.json`, given itself or by the directory it is in.
  public static ImageProcessor load(Path path, Aspect aspect) {
    ImageProcessorConfig config = ImageProcessorConfig.read(path);
    return new ImageProcessor(config, aspect, output(config, aspect, path), values(config));
  }

  private static ResizeRule.Exact output(ImageProcessorConfig config, Aspect aspect, Path path) {
    ResizeRule.Exact resized =
        switch (config.resize()) {
          case ResizeRule.Exact exact -> exact;
          case ResizeRule.ShortestEdge(int pixels) -> new ResizeRule.Exact(pixels, pixels);
        };
    boolean cropped = config.crop().isPresent();
    ResizeRule.Exact output = config.crop().orElse(resized);
    if (output.height() > resized.height() || output.width() > resized.width()) {
      throw new DataException(
          "%s: crop_size is larger than size (found %dx%d from %dx%d); lower crop_size"
              .formatted(path, output.height(), output.width(), resized.height(), resized.width()));
    }
    if (!cropped && config.resize() instanceof ResizeRule.ShortestEdge && aspect == Aspect.SQUARE) {
      throw new DataException(
          path
              + ": do_center_crop is false with size.shortest_edge: images would differ in size;"
              + " set do_center_crop, or model.image.aspect to pad");
    }
    return output;
  }

  /// In the order and precision of transformers: the product in double, the rest in float.
  private static float[] values(ImageProcessorConfig config) {
    float[] values = new float[RgbImage.CHANNELS * 256];
    for (int i = 0; i < values.length; i++) {
      float value = (float) ((i & 0xFF) * config.rescaleFactor());
      int channel = i >> 8;
      values[i] =
          config.normalize()
              ? (value - (float) config.mean()[channel]) / (float) config.std()[channel]
              : value;
    }
    return values;
  }

  /// Height of the processed image.
  public int height() {
    return output.height();
  }

  /// Width of the processed image.
  public int width() {
    return output.width();
  }

  /// Pixel values `[3 × height × width]` of an image file.
  public float[] process(Path file) {
    return process(reader.read(file));
  }

  /// Pixel values `[3 × height × width]`, channels first.
  public float[] process(RgbImage image) {
    byte[] rgb = resizedAndCropped(image).rgb();
    int plane = output.height() * output.width();
    float[] pixels = new float[RgbImage.CHANNELS * plane];
    for (int i = 0, in = 0; i < plane; i++, in += RgbImage.CHANNELS) {
      pixels[i] = values[rgb[in] & 0xFF];
      pixels[plane + i] = values[256 + (rgb[in + 1] & 0xFF)];
      pixels[2 * plane + i] = values[512 + (rgb[in + 2] & 0xFF)];
    }
    return pixels;
  }

  /// The 8-bit image between cropping and rescaling.
  RgbImage resizedAndCropped(RgbImage image) {
    Canvas canvas = aspect == Aspect.PAD ? Canvas.square(image, background()) : Canvas.of(image);
    ResizeRule.Exact full = resized(canvas);
    int top = (full.height() - output.height()) / 2;
    int left = (full.width() - output.width()) / 2;
    return BicubicResize.resize(canvas, full, left, top, output);
  }

  /// The mean colour, truncated as LLaVA truncates it.
  private int[] background() {
    return Arrays.stream(config.mean()).mapToInt(mean -> (int) (mean * 255)).toArray();
  }

  private ResizeRule.Exact resized(Canvas image) {
    return switch (config.resize()) {
      case ResizeRule.Exact exact -> exact;
      case ResizeRule.ShortestEdge(int edge) -> {
        int shorter = Math.min(image.width(), image.height());
        yield new ResizeRule.Exact(
            Math.toIntExact((long) edge * image.height() / shorter),
            Math.toIntExact((long) edge * image.width() / shorter));
      }
    };
  }
}
