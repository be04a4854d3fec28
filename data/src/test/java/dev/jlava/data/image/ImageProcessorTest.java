package dev.jlava.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.DataException;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageProcessorTest {
  private static final String SIGLIP =
      """
      {"image_processor_type": "SiglipImageProcessor", "size": {"height": 28, "width": 28}}\
      """;

  private final ImageReader reader = new ImageReader();
  private final GoldenTensors decoded = Golden.tensors("image/decoded.safetensors");
  @TempDir private Path directory;

  @Test
  void clipResizesPadsAndCropsToThePixelsOfPillow() throws IOException {
    GoldenTensors golden = Golden.tensors("image/clip_u8.safetensors");
    for (String key : golden.names()) {
      Case test = Case.of(key);
      RgbImage image = clip(test).resizedAndCropped(decoded(test.file()));
      assertThat(Difference.of(image.rgb(), golden.uint8(key)).max()).as(key).isZero();
    }
    assertThat(golden.names()).hasSize(96);
  }

  @Test
  void clipCropsOf336AreTheGoldenPictures() throws IOException {
    List<String> keys =
        List.of(
            "large.png|square|336", "large.png|pad|336", "tiny.png|square|336", "tiny.png|pad|336");
    for (String key : keys) {
      Case test = Case.of(key);
      String picture = "image/crop336/" + test.file() + "." + test.aspect() + ".png";
      byte[] expected = reader.read(Golden.path(picture)).rgb();
      RgbImage image = clip(test).resizedAndCropped(decoded(test.file()));
      assertThat(Difference.of(image.rgb(), expected).max()).as(key).isZero();
    }
  }

  @Test
  void clipPixelValuesAreThoseOfTransformers() throws IOException {
    GoldenTensors golden = Golden.tensors("image/clip_pixel_values.safetensors");
    for (String key : golden.names()) {
      Case test = Case.of(key);
      float[] pixels = clip(test).process(Golden.path("image/src/" + test.file()));
      assertSame(key, strided(pixels, test.size(), test.stride()), golden.floats(key));
    }
    assertThat(golden.names()).hasSize(52);
  }

  @Test
  void siglipStretchesToThePixelValuesOfTransformers() throws IOException {
    GoldenTensors golden = Golden.tensors("image/siglip.safetensors");
    ImageProcessor siglip = processor(SIGLIP, Aspect.SQUARE);
    int values = 0;
    for (String key : golden.names()) {
      RgbImage image = decoded(key.substring(0, key.indexOf('|')));
      if (key.endsWith("|u8")) {
        byte[] rgb = siglip.resizedAndCropped(image).rgb();
        assertThat(Difference.of(rgb, golden.uint8(key)).max()).as(key).isZero();
      } else {
        assertSame(key, siglip.process(image), golden.floats(key));
        values++;
      }
    }
    assertThat(golden.names()).hasSize(28);
    assertThat(values).isEqualTo(4);
  }

  @Test
  void oldClipConfigsGiveSizesAsNumbers() throws IOException {
    Case test = Case.of("large.png|pad|28");
    ImageProcessor old =
        processor(
            "{\"feature_extractor_type\": \"CLIPFeatureExtractor\", \"size\": 28, \"crop_size\": 28}",
            Aspect.PAD);
    assertThat(old.height()).isEqualTo(28);
    assertThat(old.width()).isEqualTo(28);
    assertThat(old.process(decoded(test.file())))
        .isEqualTo(clip(test).process(decoded(test.file())));
  }

  @Test
  void theGoldenConfigIsReadFromItsDirectory() {
    ImageProcessor processor = ImageProcessor.load(Golden.path("image"), Aspect.SQUARE);
    assertThat(processor.process(decoded("rgb.png")))
        .isEqualTo(
            Golden.tensors("image/clip_pixel_values.safetensors").floats("rgb.png|square|28"));
  }

  @Test
  void siglipSizeAsNumberIsBothSides() throws IOException {
    ImageProcessor siglip =
        processor(
            "{\"image_processor_type\": \"SiglipImageProcessor\", \"size\": 28}", Aspect.SQUARE);
    assertThat(siglip.process(decoded("large.png")))
        .isEqualTo(processor(SIGLIP, Aspect.SQUARE).process(decoded("large.png")));
  }

  @Test
  void rescalingAndNormalisingCanBeSwitchedOff() throws IOException {
    String flags = ", \"do_rescale\": false, \"do_normalize\": false}";
    ImageProcessor plain = processor(SIGLIP.strip().replaceAll("}$", flags), Aspect.SQUARE);
    RgbImage image = decoded("large.png");
    byte[] rgb = plain.resizedAndCropped(image).rgb();
    float[] pixels = plain.process(image);
    assertThat(pixels[0]).isEqualTo(rgb[0] & 0xFF);
    assertThat(pixels[28 * 28]).isEqualTo(rgb[1] & 0xFF);
  }

  @Test
  void anExtremeRatioNeedsNoMemoryForWhatIsCroppedAway() throws IOException {
    RgbImage thin = new RgbImage(1, 60_000, new byte[3 * 60_000]);
    assertThat(clip(Case.of("thin|square|336")).process(thin)).hasSize(3 * 336 * 336);
  }

  @Test
  void unsupportedConfigsAreErrors() throws IOException {
    assertError(
        "{\"size\": 28}",
        Aspect.SQUARE,
        ": image_processor_type is not supported (found none, expected CLIPImageProcessor or SiglipImageProcessor); use a CLIP or SigLIP vision tower");
    assertError(
        clipWith("\"resample\": 2"),
        Aspect.SQUARE,
        ": resample is not supported (found 2, expected 3, bicubic); use a CLIP or SigLIP vision tower");
    assertError(
        clipWith("\"do_resize\": false"),
        Aspect.SQUARE,
        ": do_resize is not supported (found false, expected true); use a CLIP or SigLIP vision tower");
    assertError(
        clipWith("\"size\": {\"longest_edge\": 28}"),
        Aspect.SQUARE,
        ": size is not supported (found {\"longest_edge\":28}, expected height and width, shortest_edge (CLIP) or a number); use a CLIP or SigLIP vision tower");
    assertError(
        clipWith("\"crop_size\": 0"),
        Aspect.SQUARE,
        ": crop_size is not supported (found 0, expected a positive number of pixels); use a CLIP or SigLIP vision tower");
    assertError(
        clipWith("\"image_mean\": [0.5]"),
        Aspect.SQUARE,
        ": image_mean is not supported (found [0.5], expected three numbers); use a CLIP or SigLIP vision tower");
    assertError(
        clipWith("\"size\": 200"),
        Aspect.SQUARE,
        ": crop_size is larger than size (found 224x224 from 200x200); lower crop_size");
    assertError(
        clipWith("\"do_center_crop\": false"),
        Aspect.SQUARE,
        ": do_center_crop is false with size.shortest_edge: images would differ in size; set do_center_crop, or model.image.aspect to pad");
    assertError(
        "{\n\"size\": oops}",
        Aspect.SQUARE,
        ":2: not valid JSON (Unrecognized token 'oops': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')); copy the file again");
  }

  @Test
  void aMissingConfigSaysWhereToGetIt() {
    assertThatThrownBy(() -> ImageProcessor.load(directory, Aspect.PAD))
        .isInstanceOf(DataException.class)
        .hasMessage(
            directory.resolve("preprocessor_config.json")
                + ": not found; copy it from the vision tower's Hugging Face repository");
  }

  private void assertError(String json, Aspect aspect, String message) {
    assertThatThrownBy(() -> processor(json, aspect))
        .isInstanceOf(DataException.class)
        .hasMessage(directory.resolve("preprocessor_config.json") + message);
  }

  /// Bit for bit, which is more than the tolerance of 1e-6 asks.
  private static void assertSame(String key, float[] found, float[] expected) {
    assertThat(found).as(key).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).as("%s at %d", key, i).isEqualTo(expected[i]);
    }
  }

  private static String clipWith(String setting) {
    return "{\"image_processor_type\": \"CLIPImageProcessor\", " + setting + "}";
  }

  private ImageProcessor clip(Case test) throws IOException {
    String sizes =
        "\"size\": {\"shortest_edge\": %1$d}, \"crop_size\": {\"height\": %1$d, \"width\": %1$d}"
            .formatted(test.size());
    return processor(clipWith(sizes), Aspect.valueOf(test.aspect().toUpperCase(Locale.ROOT)));
  }

  private ImageProcessor processor(String json, Aspect aspect) throws IOException {
    Path file = directory.resolve("preprocessor_config.json");
    return ImageProcessor.load(Files.writeString(file, json), aspect);
  }

  private RgbImage decoded(String file) {
    long[] shape = decoded.shape(file);
    return new RgbImage((int) shape[1], (int) shape[0], decoded.uint8(file));
  }

  /// Every `stride`-th row and column of `[3 × size × size]`.
  private static float[] strided(float[] pixels, int size, int stride) {
    int side = (size + stride - 1) / stride;
    float[] result = new float[3 * side * side];
    for (int i = 0; i < result.length; i++) {
      int y = i / side % side * stride;
      result[i] = pixels[(i / (side * side) * size + y) * size + i % side * stride];
    }
    return result;
  }

  /// A golden key: `file|aspect|size`, and `|strideN` where only a part is kept.
  private record Case(String file, String aspect, int size, int stride) {
    static Case of(String key) {
      List<String> parts = List.of(key.split("\\|", -1));
      int stride = parts.size() > 3 ? Integer.parseInt(parts.get(3).substring(6)) : 1;
      return new Case(parts.get(0), parts.get(1), Integer.parseInt(parts.get(2)), stride);
    }
  }
}
