package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/// The parts of a model, each from a directory or GGUF file of its own: Hugging Face's layout of
/// the part, or of any model that holds it.
public final class ModelParts {
  /// PyTorch's and Hugging Face's usual standard deviation, where a config has none.
  private static final double INITIALIZER_RANGE = 0.02;

  private final PartLoader loader;

  public ModelParts(PartLoader loader) {
    this.loader = loader;
  }

  /// A vision tower.
  ///
  /// @param seed draws the weights, in place of reading them
  public VisionTransformer vision(Path directory, OptionalLong seed) {
    JsonNode json = LlavaConfig.json(directory);
    VisionConfig config = VisionConfig.of(json);
    return new VisionTransformer(
        config, part("vision", directory, config.tensors(), range(json, "vision_config"), seed));
  }

  /// A decoder.
  ///
  /// @param seed draws the weights, in place of reading them
  public LlamaDecoder decoder(Path directory, OptionalLong seed) {
    JsonNode json = LlavaConfig.json(directory);
    DecoderConfig config = DecoderConfig.of(LlavaConfig.ofDecoder(json));
    return new LlamaDecoder(
        config, part("decoder", directory, config.tensors(), config.initializerRange(), seed));
  }

  /// A projector between the two, its weights drawn from a seed with the decoder's standard
  /// deviation, as LlavaForConditionalGeneration does.
  public Projector projector(
      String type, VisionTransformer vision, LlamaDecoder decoder, long seed) {
    int numLayers = Projector.numLayers(type);
    List<TensorSpec> specs = specs(numLayers, vision, decoder);
    return new Projector(
        loader.random("projector", specs, decoder.config().initializerRange(), seed),
        numLayers,
        Projector.GELU);
  }

  /// A projector from a file or directory: of a model, or `mm_projector.bin` by itself.
  public Projector projector(
      String type, VisionTransformer vision, LlamaDecoder decoder, Path path) {
    int numLayers = Projector.numLayers(type);
    List<TensorSpec> specs = specs(numLayers, vision, decoder);
    return new Projector(read("projector", projectorFile(path), specs), numLayers, Projector.GELU);
  }

  private static List<TensorSpec> specs(
      int numLayers, VisionTransformer vision, LlamaDecoder decoder) {
    return Projector.tensors(
        numLayers, vision.config().hiddenSize(), decoder.config().hiddenSize());
  }

  /// The original LLaVA writes a projector that it trained alone, or beside an adapter, apart.
  private static Path projectorFile(Path path) {
    for (String name : List.of("mm_projector.bin", "non_lora_trainables.bin")) {
      if (Files.isRegularFile(path.resolve(name))) {
        return path.resolve(name);
      }
    }
    return path;
  }

  private static double range(JsonNode config, String section) {
    JsonNode part = config.has(section) ? config.get(section) : config;
    return part.path("initializer_range").asDouble(INITIALIZER_RANGE);
  }

  private Part part(
      String name, Path directory, List<TensorSpec> specs, double range, OptionalLong seed) {
    return seed.isPresent()
        ? loader.random(name, specs, range, seed.getAsLong())
        : read(name, directory, specs);
  }

  private Part read(String name, Path path, List<TensorSpec> specs) {
    try (WeightFiles files = ModelFiles.of(path).weights()) {
      Map<String, TensorEntry> found = PartName.split(files).getOrDefault(name, Map.of());
      return loader.load(path.toString(), name, specs, found);
    }
  }
}
