package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.hub.Hub;
import dev.jlava.hub.HubUse;
import dev.jlava.weights.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What the `config.json` of a LLaVA directory says, in Hugging Face's layout or in the original
/// LLaVA's (`llava_llama`); its keys tell them apart.
///
/// @param vision Hugging Face's `vision_config`
/// @param decoder Hugging Face's `text_config`
/// @param projectorType `linear`, `identity` or `mlpNx_gelu`
/// @param activation the projector's, between its layers
/// @param tower where the tower's `preprocessor_config.json` is, and its weights if the model's own
///   directory lacks them
record LlavaConfig(
    JsonNode vision,
    JsonNode decoder,
    String projectorType,
    String activation,
    VisionFeatures features,
    Path tower) {
  /// What JLaVA adds to Hugging Face's layout for projectors that it does not know; also the
  /// original's key.
  static final String PROJECTOR_TYPE = "mm_projector_type";

  private static final String TOWER = "mm_vision_tower";

  /// Keys of the original that say nothing of the decoder, beside those with `mm_` in them.
  private static final List<String> NOT_OF_THE_DECODER =
      List.of("image_aspect_ratio", "image_grid_pinpoints", "architectures", "auto_map");

  /// Reads the `config.json` of a directory.
  ///
  /// @throws ModelException where there is none, or it is not a LLaVA model's
  static LlavaConfig read(Path directory) {
    return of(directory, json(directory));
  }

  /// What a `config.json` says.
  ///
  /// @param directory where it is, or the hub id of its model
  static LlavaConfig of(Path directory, JsonNode json) {
    if (json.has("vision_config") && json.has("text_config")) {
      return huggingFace(directory, json);
    }
    if (isOriginal(json)) {
      return original(directory, json);
    }
    throw new ModelException(
        directory
            + "/config.json: not a LLaVA model (found model_type '"
            + json.path("model_type").asText()
            + "'; expected vision_config and text_config as Hugging Face has it, or "
            + TOWER
            + " as the original LLaVA has it); check the model's path");
  }

  /// Whether a `config.json` is in the original LLaVA's layout.
  static boolean isOriginal(JsonNode json) {
    return json.has(TOWER);
  }

  /// The JSON of a model directory's `config.json`, or what a GGUF file says in its place.
  static JsonNode json(Path path) {
    Path directory = ModelFiles.of(path).directory();
    KnownModels.notLocal(directory)
        .ifPresent(problem -> {
          throw new ModelException(problem);
        });
    Path file = directory.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new ModelException(
          file
              + ": no such file (expected a Hugging Face model directory); check the model's path");
    }
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new ModelException(file + ": not JSON (" + e.getMessage() + ")", e);
    }
  }

  private static LlavaConfig huggingFace(Path directory, JsonNode json) {
    JsonNode layer = json.path("vision_feature_layer");
    if (!layer.isMissingNode() && !layer.isInt()) {
      throw wrong(directory, "vision_feature_layer", layer, "one index, as of LLaVA 1.5");
    }
    String select = json.path("vision_feature_select_strategy").asText("default");
    boolean full = choice(directory, "vision_feature_select_strategy", select, "default", "full");
    if (!full && !VisionConfig.of(json).clip()) {
      throw wrong(
          directory,
          "vision_feature_select_strategy",
          select,
          "full: this tower has no class token to drop");
    }
    boolean ours = json.has(PROJECTOR_TYPE);
    return new LlavaConfig(
        json.get("vision_config"),
        json.get("text_config"),
        json.path(PROJECTOR_TYPE).asText("mlp2x_gelu"),
        ours ? Projector.GELU : json.path("projector_hidden_act").asText(Projector.GELU),
        new VisionFeatures(layer.asInt(-2), full),
        directory);
  }

  private static LlavaConfig original(Path directory, JsonNode json) {
    if (json.path("mm_use_im_start_end").asBoolean()) {
      throw wrong(directory, "mm_use_im_start_end", true, "false: the mark is <image> alone");
    }
    String merge = json.path("mm_patch_merge_type").asText("flat");
    if (!merge.equals("flat")) {
      throw wrong(directory, "mm_patch_merge_type", merge, "flat, as of LLaVA 1 and 1.5");
    }
    Path tower = tower(directory, json.get(TOWER).asText());
    return new LlavaConfig(
        ofVision(json(tower)),
        ofDecoder(json),
        json.path(PROJECTOR_TYPE).asText("linear"),
        Projector.GELU,
        new VisionFeatures(
            json.path("mm_vision_select_layer").asInt(-2),
            choice(
                directory,
                "mm_vision_select_feature",
                json.path("mm_vision_select_feature").asText("patch"),
                "patch",
                "cls_patch")),
        tower);
  }

  /// Whether the second of two values is found.
  private static boolean choice(
      Path directory, String key, String found, String first, String second) {
    if (!found.equals(first) && !found.equals(second)) {
      throw wrong(directory, key, found, first + " or " + second);
    }
    return found.equals(second);
  }

  private static ModelException wrong(Path directory, String key, Object found, String expected) {
    return new ModelException(
        "%s/config.json: %s %s is not supported (expected %s)"
            .formatted(directory, key, found, expected));
  }

  /// The tower that a directory in the original layout names and that is not found.
  static Optional<Path> missingTower(Path directory) {
    String name = ModelCard.json(directory.resolve("config.json")).path(TOWER).asText();
    return name.isEmpty() || towers(directory, name).stream().anyMatch(LlavaConfig::isTower)
        ? Optional.empty()
        : Optional.of(Path.of(name));
  }

  /// The tower that a directory in the original layout names and has inside.
  static Optional<Path> towerInside(Path directory) {
    String name = ModelCard.json(directory.resolve("config.json")).path(TOWER).asText();
    Path place = directory.resolve(name).normalize();
    return !name.isEmpty() && place.startsWith(directory.normalize()) && isTower(place)
        ? Optional.of(place)
        : Optional.empty();
  }

  private static boolean isTower(Path place) {
    return Files.isRegularFile(place.resolve("config.json")) || GgufFile.is(place);
  }

  /// The original names its tower by a hub id or a path, which counts from wherever it ran.
  private static List<Path> towers(Path directory, String name) {
    Path named = Path.of(name);
    List<Path> places = new ArrayList<>();
    places.add(named);
    places.add(directory.resolve(named));
    places.add(directory.resolveSibling(named));
    places.add(directory.resolveSibling(named.getFileName()));
    Hub.beside(directory, named).or(() -> Hub.here(named, HubUse.VISION)).ifPresent(places::add);
    return places;
  }

  private static Path tower(Path directory, String name) {
    List<Path> places = towers(directory, name);
    return places.stream()
        .filter(LlavaConfig::isTower)
        .findFirst()
        .orElseThrow(() ->
            new ModelException(
                directory
                    + "/config.json: "
                    + TOWER
                    + " '"
                    + name
                    + "' is not found (looked in "
                    + String.join(", ", places.stream().distinct().map(Path::toString).toList())
                    + "); put the tower's Hugging Face directory in one of these places, or write"
                    + " its path as "
                    + TOWER));
  }

  /// The `vision_config` of any directory that holds a tower: a bare one, CLIP, LLaVA.
  static JsonNode ofVision(JsonNode config) {
    return config.has("vision_config") ? config.get("vision_config") : config;
  }

  /// The `text_config` of any directory that holds a decoder: a bare one, LLaVA in either layout.
  static JsonNode ofDecoder(JsonNode config) {
    if (config.has("text_config")) {
      return config.get("text_config");
    }
    ObjectNode decoder = config.deepCopy();
    for (String key : config.properties().stream().map(p -> p.getKey()).toList()) {
      if (key.contains("mm_") || key.startsWith("tokenizer_") || NOT_OF_THE_DECODER.contains(key)) {
        decoder.remove(key);
      }
    }
    String type = config.path("model_type").asText("llama");
    switch (type) {
      case "llava", "llava_llama" -> decoder.put("model_type", "llama");
      case "llava_mistral" -> decoder.put("model_type", "mistral");
      case "llava_qwen" -> decoder.put("model_type", "qwen2");
      default -> {}
    }
    return decoder;
  }
}
