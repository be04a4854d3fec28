package dev.jlava.weights.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// LLaVA's mmproj file, the vision tower with the projector, as llama.cpp's
/// `convert_image_encoder_to_gguf.py` writes it: without the layers and the norm behind the hidden
/// state that is read.
///
/// @param name of the model, for readers
/// @param config Hugging Face's `vision_config`
/// @param preprocessor Hugging Face's `preprocessor_config.json`
/// @param featureLayer the hidden state that is read, counted from the front
/// @param aspect what becomes of an image that is not square: `pad` or `square`
public record GgufMmprojFile(
    Path file,
    String name,
    JsonNode config,
    JsonNode preprocessor,
    int featureLayer,
    String aspect,
    GgufFileType type) {

  /// Writes the file, tensor by tensor.
  ///
  /// @param tensors of the tower and the projector
  public void write(List<GgufDecoderFile.Source> tensors) {
    List<GgufWriter.Item> items = new ArrayList<>();
    for (GgufDecoderFile.Source tensor : tensors) {
      if (isRead(tensor.name())) {
        String gguf =
            GgufNames.projectorInGguf(tensor.name())
                .or(() -> GgufNames.visionInGguf(tensor.name()))
                .orElseThrow(() ->
                    new WeightsException(
                        file + ": an mmproj file has no name for tensor '" + tensor.name() + "'"));
        GgmlType stored = type.ofMmproj(gguf, tensor.shape());
        items.add(new GgufWriter.Item(gguf, stored, tensor.shape(), tensor.values()));
      }
    }
    GgufWriter.write(metadata(), items);
  }

  private boolean isRead(String name) {
    String layers = "vision_model.encoder.layers.";
    if (name.startsWith(layers)) {
      String number = name.substring(layers.length(), name.indexOf('.', layers.length()));
      return Integer.parseInt(number) < featureLayer;
    }
    return !name.startsWith("vision_model.post_layernorm.");
  }

  private GgufMetadata metadata() {
    GgufMetadata metadata = new GgufMetadata(file);
    metadata.string("general.architecture", GgufConfig.CLIP);
    metadata.bool("clip.has_text_encoder", false).bool("clip.has_vision_encoder", true);
    metadata.bool("clip.has_llava_projector", true);
    metadata.uint32("general.file_type", type.id()).string("general.name", name);
    metadata.string("general.description", "image encoder for LLaVA");
    metadata.string("clip.projector_type", "mlp");
    String key = "clip.vision.";
    int hidden = config.path("hidden_size").asInt();
    metadata.uint32(key + "image_size", config.path("image_size").asInt());
    metadata.uint32(key + "patch_size", config.path("patch_size").asInt());
    metadata.uint32(key + "embedding_length", hidden);
    metadata.uint32(key + "feed_forward_length", config.path("intermediate_size").asInt());
    metadata.uint32(key + "projection_dim", config.path("projection_dim").asInt(0));
    metadata.uint32(key + "attention.head_count", config.path("num_attention_heads").asInt());
    metadata.float32(
        key + "attention.layer_norm_epsilon", config.path("layer_norm_eps").asDouble(1e-5));
    metadata.uint32(key + "block_count", featureLayer);
    metadata.string(key + "image_aspect_ratio", aspect);
    metadata.int32s(key + "feature_layer", List.of(featureLayer));
    metadata.float32s(key + "image_mean", numbers("image_mean"));
    metadata.float32s(key + "image_std", numbers("image_std"));
    return metadata.bool("clip.use_gelu", !config.path("hidden_act").asText().equals("quick_gelu"));
  }

  private List<Double> numbers(String key) {
    List<Double> values = new ArrayList<>();
    preprocessor.path(key).forEach(value -> values.add(value.asDouble()));
    if (values.size() != 3) {
      throw new WeightsException(
          "%s: preprocessor_config.json: %s is %s (expected three numbers)"
              .formatted(file, key, preprocessor.path(key)));
    }
    return values;
  }
}
