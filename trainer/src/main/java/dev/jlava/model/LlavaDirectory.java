package dev.jlava.model;

import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// A LLaVA model's directory: Hugging Face's layout (LlavaForConditionalGeneration), or that of the
/// original LLaVA (LlavaLlamaForCausalLM), whose vision tower may lie elsewhere; or the two GGUF
/// files that llama.cpp reads.
public final class LlavaDirectory {
  private final ModelFiles model;
  private final LlavaConfig config;

  private LlavaDirectory(ModelFiles model, LlavaConfig config) {
    this.model = model;
    this.config = config;
  }

  /// Reads `config.json`, or the metadata of GGUF files.
  ///
  /// @throws ModelException where this is no LLaVA model, or its tower is not found
  public static LlavaDirectory open(Path path) {
    ModelFiles model = ModelFiles.whole(path);
    return new LlavaDirectory(model, LlavaConfig.read(model.directory()));
  }

  /// The vision tower that a directory in the original layout names and that is not found.
  public static Optional<Path> missingTower(Path directory) {
    return LlavaConfig.missingTower(directory);
  }

  /// The vision tower that a directory in the original layout has inside.
  public static Optional<Path> towerInside(Path directory) {
    return LlavaConfig.towerInside(directory);
  }

  /// Where the model's files are.
  public LlavaFiles files() {
    return new LlavaFiles(model.directory(), config.tower());
  }

  /// Loads every weight in a dtype; the model ends with the scope.
  public VisionLanguageModel load(Engine engine, Scope scope, ScalarType type) {
    return load(new PartLoader(engine, scope, type));
  }

  /// Loads every weight.
  public VisionLanguageModel load(PartLoader loader) {
    VisionConfig vision = VisionConfig.of(config.vision());
    DecoderConfig decoder = DecoderConfig.of(config.decoder());
    int numLayers = Projector.numLayers(config.projectorType());
    List<TensorSpec> projector =
        Projector.tensors(numLayers, vision.hiddenSize(), decoder.hiddenSize());
    try (WeightFiles files = model.weights()) {
      Map<String, Map<String, TensorEntry>> parts = PartName.split(files);
      return new VisionLanguageModel(
          parts.containsKey("vision")
              ? new VisionTransformer(vision, part(loader, "vision", vision.tensors(), parts))
              : new ModelParts(loader).vision(config.tower(), OptionalLong.empty()),
          new Projector(
              part(loader, "projector", projector, parts), numLayers, config.activation()),
          new LlamaDecoder(decoder, part(loader, "decoder", decoder.tensors(), parts)),
          config.features(),
          loader.type());
    }
  }

  private Part part(
      PartLoader loader,
      String name,
      List<TensorSpec> specs,
      Map<String, Map<String, TensorEntry>> parts) {
    return loader.load(model.where(), name, specs, parts.getOrDefault(name, Map.of()));
  }
}
