package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/// Sizes of a vision transformer (CLIPVisionConfig, SiglipVisionConfig).
///
/// @param clip CLIP's form (class token, norm before the layers) as against SigLIP's
public record VisionConfig(
    boolean clip,
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int imageSize,
    int patchSize,
    double layerNormEps,
    String hiddenAct) {

  /// Reads a `vision_config`, or the config of a bare tower.
  public static VisionConfig of(JsonNode json) {
    JsonNode c = json.has("vision_config") ? json.get("vision_config") : json;
    String type = c.path("model_type").asText("clip_vision_model");
    boolean clip = !type.startsWith("siglip");
    ConfigSizes sizes = new ConfigSizes(c);
    int hidden = sizes.get("hidden_size", 768);
    return new VisionConfig(
        clip,
        hidden,
        sizes.get("intermediate_size", 3072),
        sizes.get("num_hidden_layers", 12),
        sizes.divisor("num_attention_heads", 12, "hidden_size", hidden),
        sizes.get("image_size", 224),
        sizes.get("patch_size", clip ? 32 : 16),
        c.path("layer_norm_eps").asDouble(clip ? 1e-5 : 1e-6),
        c.path("hidden_act").asText(clip ? "quick_gelu" : "gelu_pytorch_tanh"));
  }

  public int numPatches() {
    return (imageSize / patchSize) * (imageSize / patchSize);
  }

  /// Tokens of one image inside the tower.
  public int sequenceLength() {
    return numPatches() + (clip ? 1 : 0);
  }

  /// Layers to run for the hidden state that is read: index into `hidden_states`, from the end if
  /// negative.
  ///
  /// @throws ModelException where the tower has no such state
  public int layersFor(int hiddenState) {
    int layers = hiddenState < 0 ? numHiddenLayers + 1 + hiddenState : hiddenState;
    if (layers < 0 || layers > numHiddenLayers) {
      throw new ModelException(
          "the vision tower has no hidden state %d to read (found %d layers, expected %d to %d); check the layer that config.json or the recipe names"
              .formatted(hiddenState, numHiddenLayers, -numHiddenLayers - 1, numHiddenLayers));
    }
    return layers;
  }

  /// The tensors of the tower up to and including its layers; what follows them is not used.
  public List<TensorSpec> tensors() {
    List<TensorSpec> all = new ArrayList<>();
    String embeddings = "vision_model.embeddings.";
    all.add(
        new TensorSpec(embeddings + "patch_embedding.weight", hiddenSize, 3, patchSize, patchSize));
    all.add(new TensorSpec(embeddings + "position_embedding.weight", sequenceLength(), hiddenSize));
    if (clip) {
      all.add(new TensorSpec(embeddings + "class_embedding", hiddenSize));
      norm(all, "vision_model.pre_layrnorm");
    } else {
      all.add(new TensorSpec(embeddings + "patch_embedding.bias", hiddenSize));
    }
    for (int i = 0; i < numHiddenLayers; i++) {
      layer(all, "vision_model.encoder.layers." + i + ".");
    }
    norm(all, "vision_model.post_layernorm");
    return all;
  }

  private void layer(List<TensorSpec> all, String layer) {
    for (String projection : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
      linear(all, layer + "self_attn." + projection, hiddenSize, hiddenSize);
    }
    norm(all, layer + "layer_norm1");
    norm(all, layer + "layer_norm2");
    linear(all, layer + "mlp.fc1", intermediateSize, hiddenSize);
    linear(all, layer + "mlp.fc2", hiddenSize, intermediateSize);
  }

  private void norm(List<TensorSpec> all, String name) {
    all.add(new TensorSpec(name + ".weight", hiddenSize));
    all.add(new TensorSpec(name + ".bias", hiddenSize));
  }

  private static void linear(List<TensorSpec> all, String name, int out, int in) {
    all.add(new TensorSpec(name + ".weight", out, in));
    all.add(new TensorSpec(name + ".bias", out));
  }
}
