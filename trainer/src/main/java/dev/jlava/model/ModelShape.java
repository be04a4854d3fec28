package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.adapter.Quantisation;
import dev.jlava.engine.ScalarType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The sizes of a vision-language model, from configurations alone: no weight is read.
///
/// @param features what the projector reads of the tower
/// @param projectorLayers linear layers of the projector
/// @param stored by part, how the files have its linear layers; parts that are not quantised are
///   left out
public record ModelShape(
    VisionConfig vision,
    VisionFeatures features,
    int projectorLayers,
    DecoderConfig decoder,
    Map<String, Quantisation> stored) {
  public ModelShape {
    stored = Map.copyOf(stored);
  }

  /// Of a whole model: a directory, GGUF files, or a hub id that is known.
  public static ModelShape of(Path model) {
    Path directory = ModelFiles.whole(model).directory();
    JsonNode json = KnownModels.config(directory);
    LlavaConfig config = LlavaConfig.of(directory, json);
    return new ModelShape(
        VisionConfig.of(config.vision()),
        config.features(),
        Projector.numLayers(config.projectorType()),
        DecoderConfig.of(config.decoder()),
        stored(Map.of("vision", json, "decoder", json)));
  }

  /// Of a model that is put together from a tower and a decoder, each a directory or a hub id that
  /// is known.
  public static ModelShape of(
      Path vision, VisionFeatures features, String projector, Path decoder) {
    JsonNode tower = KnownModels.config(vision);
    JsonNode language = KnownModels.config(decoder);
    return new ModelShape(
        VisionConfig.of(tower),
        features,
        Projector.numLayers(projector),
        DecoderConfig.of(LlavaConfig.ofDecoder(language)),
        stored(Map.of("vision", tower, "decoder", language)));
  }

  private static Map<String, Quantisation> stored(Map<String, JsonNode> configs) {
    Map<String, Quantisation> stored = new TreeMap<>();
    configs.forEach((part, json) -> {
      Quantisation found = StoredQuantisation.of(json).of(part);
      if (found != Quantisation.NONE) {
        stored.put(part, found);
      }
    });
    return stored;
  }

  /// The same sizes with linear layers of a part quantised, if they are not yet.
  public ModelShape with(String part, Quantisation quantisation) {
    Map<String, Quantisation> more = new TreeMap<>(stored);
    if (quantisation != Quantisation.NONE) {
      more.putIfAbsent(part, quantisation);
    }
    return new ModelShape(vision, features, projectorLayers, decoder, more);
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

  /// Bytes of a quantised part's weights in memory.
  ///
  /// @param type dtype of what is not quantised
  public long bytes(String part, ScalarType type, Quantisation quantisation) {
    Set<String> linears =
        linearLayers(part).values().stream().map(TensorSpec::name).collect(Collectors.toSet());
    return tensors(part).stream()
        .mapToLong(tensor ->
            linears.contains(tensor.name())
                ? quantisation.bytes(tensor.shape(), type.bytes())
                : tensor.numElements() * type.bytes())
        .sum();
  }

  /// Elements of the largest weight of a part's linear layers.
  public long largestLinear(String part) {
    return linearLayers(part).values().stream().mapToLong(TensorSpec::numElements).max().orElse(0);
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
