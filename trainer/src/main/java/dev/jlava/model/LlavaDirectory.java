package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.LinkedHashMap;
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
      String act = config.path("projector_hidden_act").asText("gelu");
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
    Map<String, TensorEntry> found = parts.getOrDefault(name, Map.of());
    Map<String, long[]> expected = new LinkedHashMap<>();
    specs.forEach(spec -> expected.put(spec.name(), spec.shape()));
    PartName.check(directory.toString(), name, expected, found);
    return loader.load(name, specs, found);
  }

  private VisionFeatures features() {
    int layer = config.path("vision_feature_layer").asInt(-2);
    String select = config.path("vision_feature_select_strategy").asText("default");
    return new VisionFeatures(layer, select.equals("full"));
  }

  /// Writes a model as a directory that `LlavaForConditionalGeneration` loads: the weights, and
  /// every other file of the directory it came from.
  public static void save(VisionLanguageModel model, Path source, Path target) {
    List<SafetensorsWriter.Item> items = new ArrayList<>();
    for (Part part : model.parts()) {
      for (Parameter parameter : part.parameters()) {
        String name = parameter.name().substring(part.name().length() + 1);
        Dtype dtype = parameter.value().type() == ScalarType.BF16 ? Dtype.BF16 : Dtype.F32;
        items.add(
            new SafetensorsWriter.Item(
                new PartName(part.name(), name).inHuggingFaceLlava(),
                dtype,
                parameter.value().shape(),
                () -> parameter.value().data()));
      }
    }
    try (Stream<Path> files = Files.list(source)) {
      Files.createDirectories(target);
      for (Path file : files.filter(LlavaDirectory::isDescription).toList()) {
        Files.write(target.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    } catch (IOException e) {
      throw new ModelException(target + ": cannot be written (" + e + ")", e);
    }
    SafetensorsWriter.write(target.resolve("model.safetensors"), items);
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
