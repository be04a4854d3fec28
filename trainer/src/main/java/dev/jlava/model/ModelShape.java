package dev.jlava.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The sizes of a vision-language model, from configurations alone: no weight is read.
///
/// @param features what the projector reads of the tower
/// @param projectorLayers linear layers of the projector
public record ModelShape(
    VisionConfig vision, VisionFeatures features, int projectorLayers, DecoderConfig decoder) {

  /// Of a whole model: a directory, GGUF files, or a hub id that is known.
  public static ModelShape of(Path model) {
    Path directory = ModelFiles.whole(model).directory();
    LlavaConfig config = LlavaConfig.of(directory, KnownModels.config(directory));
    return new ModelShape(
        VisionConfig.of(config.vision()),
        config.features(),
        Projector.numLayers(config.projectorType()),
        DecoderConfig.of(config.decoder()));
  }

  /// Of a model that is put together from a tower and a decoder, each a directory or a hub id that
  /// is known.
  public static ModelShape of(
      Path vision, VisionFeatures features, String projector, Path decoder) {
    return new ModelShape(
        VisionConfig.of(KnownModels.config(vision)),
        features,
        Projector.numLayers(projector),
        DecoderConfig.of(LlavaConfig.ofDecoder(KnownModels.config(decoder))));
  }

  /// The names of the parts, in the order of the data.
  public static List<String> parts() {
    return List.of("vision", "projector", "decoder");
  }

  /// The tensors of a part.
  public List<TensorSpec> tensors(String part) {
    return switch (part) {
      case "vision" -> vision.tensors();
      case "projector" ->
          Projector.tensors(projectorLayers, vision.hiddenSize(), decoder.hiddenSize());
      case "decoder" -> decoder.tensors();
      default -> throw new IllegalArgumentException(part);
    };
  }

  /// The weights of a part's linear layers, by the layer's name.
  public Map<String, TensorSpec> linearLayers(String part) {
    return AdapterLayout.linearLayers(tensors(part));
  }

  /// Positions that one image takes in the decoder.
  public int tokensPerImage() {
    return features.tokens(vision);
  }

  /// Layers of the tower that run; those behind them are loaded and not used.
  public int visionLayers() {
    return vision.layersFor(features.layer());
  }
}
