package dev.jlava.data.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/// What a Hugging Face `preprocessor_config.json` says, with transformers' defaults for the keys it
/// leaves out.
///
/// @param crop side lengths `{height, width}` of the centre crop, if there is one
/// @param rescaleFactor factor of the 8-bit values; 1 when the file switches rescaling off
/// @param mean [3] subtracted after rescaling; also the colour of padding
/// @param std [3] divisor
/// @param normalize whether mean and std are applied
record ImageProcessorConfig(
    ResizeRule resize,
    Optional<ResizeRule.Exact> crop,
    double rescaleFactor,
    double[] mean,
    double[] std,
    boolean normalize) {
  private static final String FILE = "preprocessor_config.json";
  private static final int BICUBIC = 3;

  /// Reads the file, or the one in a model's directory.
  static ImageProcessorConfig read(Path path) {
    Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
    try {
      return new Reader(file, new ObjectMapper().readTree(Files.readAllBytes(file))).config();
    } catch (NoSuchFileException e) {
      throw new DataException(
          file + ": not found; copy it from the vision tower's Hugging Face repository", e);
    } catch (JsonProcessingException e) {
      throw new DataException(
          "%s:%d: not valid JSON (%s); copy the file again"
              .formatted(file, e.getLocation().getLineNr(), e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read (" + e + "); check its permissions", e);
    }
  }

  /// One file's keys; errors name the file and the key.
  private record Reader(Path file, JsonNode json) {
    private static final double[] CLIP_MEAN = {0.48145466, 0.4578275, 0.40821073};
    private static final double[] CLIP_STD = {0.26862954, 0.26130258, 0.27577711};
    private static final double[] SIGLIP_MEAN = {0.5, 0.5, 0.5};
    private static final int DEFAULT_SIZE = 224;

    ImageProcessorConfig config() {
      boolean clip = isClip();
      if (!flag("do_resize", true)) {
        throw wrong("do_resize", "false", "true");
      }
      int resample = json.path("resample").asInt(BICUBIC);
      if (resample != BICUBIC) {
        throw wrong("resample", String.valueOf(resample), "3, bicubic");
      }
      return new ImageProcessorConfig(
          resizeRule(clip),
          flag("do_center_crop", clip) && clip ? Optional.of(crop()) : Optional.empty(),
          flag("do_rescale", true) ? json.path("rescale_factor").asDouble(1 / 255.0) : 1.0,
          channels("image_mean", clip ? CLIP_MEAN : SIGLIP_MEAN),
          channels("image_std", clip ? CLIP_STD : SIGLIP_MEAN),
          flag("do_normalize", true));
    }

    private boolean isClip() {
      JsonNode type = json.path("image_processor_type");
      String name = (type.isTextual() ? type : json.path("feature_extractor_type")).asText("none");
      return switch (name) {
        case "CLIPImageProcessor",
            "CLIPImageProcessorFast",
            "CLIPFeatureExtractor",
            "LlavaImageProcessor",
            "LlavaImageProcessorFast" ->
            true;
        case "SiglipImageProcessor", "SiglipImageProcessorFast" -> false;
        default ->
            throw wrong("image_processor_type", name, "CLIPImageProcessor or SiglipImageProcessor");
      };
    }

    private ResizeRule resizeRule(boolean clip) {
      JsonNode size = json.path("size");
      if (size.has("shortest_edge") && clip) {
        return new ResizeRule.ShortestEdge(pixels("size.shortest_edge", size.get("shortest_edge")));
      }
      if (size.isObject()) {
        return exact("size", size);
      }
      int pixels = size.isMissingNode() ? DEFAULT_SIZE : pixels("size", size);
      return clip ? new ResizeRule.ShortestEdge(pixels) : new ResizeRule.Exact(pixels, pixels);
    }

    private ResizeRule.Exact crop() {
      JsonNode crop = json.path("crop_size");
      if (crop.isObject()) {
        return exact("crop_size", crop);
      }
      int side = crop.isMissingNode() ? DEFAULT_SIZE : pixels("crop_size", crop);
      return new ResizeRule.Exact(side, side);
    }

    private ResizeRule.Exact exact(String key, JsonNode size) {
      if (!size.has("height") || !size.has("width")) {
        throw wrong(key, size.toString(), "height and width, shortest_edge (CLIP) or a number");
      }
      return new ResizeRule.Exact(
          pixels(key + ".height", size.get("height")), pixels(key + ".width", size.get("width")));
    }

    private int pixels(String key, JsonNode value) {
      if (!value.isInt() || value.asInt() < 1) {
        throw wrong(key, value.toString(), "a positive number of pixels");
      }
      return value.asInt();
    }

    private boolean flag(String key, boolean standard) {
      return json.path(key).asBoolean(standard);
    }

    private double[] channels(String key, double[] standard) {
      JsonNode node = json.path(key);
      if (node.isMissingNode()) {
        return standard.clone();
      }
      if (node.size() != RgbImage.CHANNELS || !node.get(0).isNumber()) {
        throw wrong(key, node.toString(), "three numbers");
      }
      return new double[] {node.get(0).asDouble(), node.get(1).asDouble(), node.get(2).asDouble()};
    }

    private DataException wrong(String key, String found, String expected) {
      return new DataException(
          "%s: %s is not supported (found %s, expected %s); use a CLIP or SigLIP vision tower"
              .formatted(file, key, found, expected));
    }
  }
}
