package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.PartName;
import dev.jlava.weights.SafetensorsWriter;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A LLaVA model in Hugging Face's directory layout (LlavaForConditionalGeneration).
public final class LlavaDirectory {
  private final Path directory;
  private final JsonNode config;

  private LlavaDirectory(Path directory, JsonNode config) {
    this.directory = directory;
    this.config = config;
  }

  /// Reads `config.json` and loads every weight in a dtype; the model ends with the scope.
  public static VisionLanguageModel load(
      Engine engine, Scope scope, Path directory, ScalarType type) {
    JsonNode config = config(directory);
    if (!config.has("vision_config") || !config.has("text_config")) {
      throw new ModelException(
          directory
              + "/config.json: not a LLaVA model (expected vision_config and text_config; found"
              + " model_type '"
              + config.path("model_type").asText()
              + "')");
    }
    return new LlavaDirectory(directory, config).load(new PartLoader(engine, scope, type), type);
  }

  /// The JSON of a model directory's `config.json`.
  static JsonNode config(Path directory) {
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

  private VisionLanguageModel load(PartLoader loader, ScalarType type) {
    VisionConfig vision = VisionConfig.of(config);
    DecoderConfig decoder = DecoderConfig.of(config);
    try (WeightFiles files = WeightFiles.open(directory)) {
      Map<String, Map<String, TensorEntry>> parts = PartName.split(files);
      Map<String, TensorEntry> projection = parts.getOrDefault("projector", Map.of());
      int numLayers = projection.size() / 2;
      List<TensorSpec> projector =
          Projector.tensors(numLayers, vision.hiddenSize(), decoder.hiddenSize());
      String act = config.path("projector_hidden_act").asText(Projector.GELU);
      return new VisionLanguageModel(
          new VisionTransformer(vision, part(loader, "vision", vision.tensors(), parts)),
          new Projector(part(loader, "projector", projector, parts), numLayers, act),
          new LlamaDecoder(decoder, part(loader, "decoder", decoder.tensors(), parts)),
          features(),
          type);
    }
  }

  private Part part(
      PartLoader loader,
      String name,
      List<TensorSpec> specs,
      Map<String, Map<String, TensorEntry>> parts) {
    return loader.load(directory.toString(), name, specs, parts.getOrDefault(name, Map.of()));
  }

  private VisionFeatures features() {
    int layer = config.path("vision_feature_layer").asInt(-2);
    String select = config.path("vision_feature_select_strategy").asText("default");
    return new VisionFeatures(layer, select.equals("full"));
  }

  /// Writes a model as a directory that `LlavaForConditionalGeneration` loads: the weights, and
  /// every other file of the directory it came from.
  public static void save(VisionLanguageModel model, Path source, Path target) {
    try {
      Files.createDirectories(target);
      copyDescriptions(source, target);
    } catch (IOException e) {
      throw new ModelException(target + ": cannot be written (" + e + ")", e);
    }
    saveWeights(model, target);
  }

  /// Writes a model that was put together from a tower and a decoder, as one directory.
  public static void save(VisionLanguageModel model, Path vision, Path decoder, Path target) {
    ObjectNode config = new ObjectMapper().createObjectNode();
    config.putArray("architectures").add("LlavaForConditionalGeneration");
    config.put("model_type", "llava");
    config.set("vision_config", section(config(vision), "vision_config"));
    config.set("text_config", section(config(decoder), "text_config"));
    config.put("projector_hidden_act", Projector.GELU);
    config.put("vision_feature_layer", model.features().layer());
    config.put(
        "vision_feature_select_strategy", model.features().classToken() ? "full" : "default");
    try {
      Files.createDirectories(target);
      copyDescriptions(decoder, target);
      Path processor = vision.resolve("preprocessor_config.json");
      Files.write(target.resolve(processor.getFileName()), Files.readAllBytes(processor));
      Files.writeString(target.resolve("config.json"), config.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new ModelException(target + ": cannot be written (" + e + ")", e);
    }
    saveWeights(model, target);
  }

  private static JsonNode section(JsonNode config, String name) {
    return config.has(name) ? config.get(name) : config;
  }

  private static void copyDescriptions(Path source, Path target) throws IOException {
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.filter(LlavaDirectory::isDescription).toList()) {
        Files.write(target.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
  }

  private static void saveWeights(VisionLanguageModel model, Path target) {
    List<SafetensorsWriter.Item> items = new ArrayList<>();
    for (Part part : model.parts()) {
      if (part.adapter().isPresent()) {
        throw new IllegalStateException(
            part.name() + " has an adapter, which these files cannot hold; merge it first");
      }
      for (Parameter parameter : part.parameters()) {
        items.add(item(part, parameter));
      }
    }
    SafetensorsWriter.write(target.resolve("model.safetensors"), items);
  }

  /// A weight under its name in Hugging Face's layout.
  public static SafetensorsWriter.Item item(Part part, Parameter parameter) {
    String name = part.nameOf(parameter);
    Dtype dtype = parameter.value().type() == ScalarType.BF16 ? Dtype.BF16 : Dtype.F32;
    return new SafetensorsWriter.Item(
        new PartName(part.name(), name).inHuggingFaceLlava(),
        dtype,
        parameter.value().shape(),
        () -> parameter.value().data());
  }

  /// Whether a file says what a model is (configuration, tokenizer) rather than holding its
  /// weights.
  private static boolean isDescription(Path file) {
    String name = file.getFileName().toString();
    boolean described =
        name.endsWith(".json")
            || name.endsWith(".model")
            || name.endsWith(".jinja")
            || name.endsWith(".txt");
    return described && !name.endsWith(".index.json");
  }
}
