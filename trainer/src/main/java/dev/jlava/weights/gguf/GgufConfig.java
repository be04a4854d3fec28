package dev.jlava.weights.gguf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The sizes and switches in a GGUF file's metadata, as Hugging Face's `config.json` says them.
final class GgufConfig {
  static final String LLAMA = "llama";
  static final String QWEN2 = "qwen2";
  static final String CLIP = "clip";

  private GgufConfig() {}

  /// A key of the architecture.
  static String key(GgufFile file, String name) {
    return file.architecture() + "." + name;
  }

  static long heads(GgufFile file) {
    return file.metadata().integer(key(file, "attention.head_count"));
  }

  static long keyValueHeads(GgufFile file) {
    return file.metadata()
        .optionalInteger(key(file, "attention.head_count_kv"))
        .orElseGet(() -> heads(file));
  }

  /// The config of a decoder.
  static ObjectNode decoder(GgufFile file) {
    String type = file.architecture();
    if (!type.equals(LLAMA) && !type.equals(QWEN2)) {
      throw new WeightsException(
          file.metadata().file()
              + ": architecture '"
              + type
              + "' is not a decoder that JLaVA knows (allowed llama, which is Mistral's too, and"
              + " qwen2)");
    }
    GgufMetadata metadata = file.metadata();
    long hidden = metadata.integer(key(file, "embedding_length"));
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putArray("architectures")
        .add(type.equals(LLAMA) ? "LlamaForCausalLM" : "Qwen2ForCausalLM");
    json.put("model_type", type);
    json.put("hidden_size", hidden);
    json.put("intermediate_size", metadata.integer(key(file, "feed_forward_length")));
    json.put("num_hidden_layers", metadata.integer(key(file, "block_count")));
    json.put("num_attention_heads", heads(file));
    json.put("num_key_value_heads", keyValueHeads(file));
    json.put(
        "head_dim",
        metadata.optionalInteger(key(file, "attention.key_length")).orElse(hidden / heads(file)));
    json.put("vocab_size", tensor(file, "token_embd.weight").shape()[0]);
    json.put("max_position_embeddings", metadata.integer(key(file, "context_length")));
    json.put("rms_norm_eps", number(file, "attention.layer_norm_rms_epsilon"));
    json.put("tie_word_embeddings", !file.tensors().containsKey("output.weight"));
    if (type.equals(LLAMA)) {
      json.put("attention_bias", file.tensors().containsKey("blk.0.attn_q.bias"));
      json.put("mlp_bias", file.tensors().containsKey("blk.0.ffn_gate.bias"));
    }
    json.put("hidden_act", "silu");
    rope(file, json);
    return json;
  }

  private static void rope(GgufFile file, ObjectNode json) {
    GgufMetadata metadata = file.metadata();
    json.put(
        "rope_theta",
        metadata.has(key(file, "rope.freq_base")) ? number(file, "rope.freq_base") : 10000.0);
    String scaling = metadata.optionalString(key(file, "rope.scaling.type")).orElse("none");
    GgufTensor factors = file.tensors().get("rope_freqs.weight");
    if (factors != null) {
      factors(json, factors);
    } else if (scaling.equals("linear")) {
      json.putObject("rope_scaling")
          .put("rope_type", "linear")
          .put("factor", number(file, "rope.scaling.factor"));
    } else if (!scaling.equals("none")) {
      throw new WeightsException(
          "%s: metadata '%s' is '%s' (allowed none, linear, and llama3 by its tensor rope_freqs)"
              .formatted(metadata.file(), key(file, "rope.scaling.type"), scaling));
    }
  }

  /// What each frequency is divided by: Hugging Face's `longrope` with one list for all lengths.
  private static void factors(ObjectNode json, GgufTensor tensor) {
    ObjectNode scaling = json.putObject("rope_scaling").put("rope_type", "longrope");
    MemorySegment values = tensor.blocks();
    for (String key : List.of("short_factor", "long_factor")) {
      var list = scaling.putArray(key);
      for (long i = 0; i < tensor.shape()[0]; i++) {
        list.add(values.get(Bits.FLOAT, i * Float.BYTES));
      }
    }
    scaling.put("attention_factor", 1.0);
    json.set("original_max_position_embeddings", json.get("max_position_embeddings"));
  }

  /// The config of the vision tower in an mmproj file, which has no layers behind the one that is
  /// read.
  static ObjectNode vision(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    boolean clip = file.tensors().containsKey("v.class_embd");
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("model_type", clip ? "clip_vision_model" : "siglip_vision_model");
    for (String[] names : VISION_SIZES) {
      json.put(names[0], metadata.integer("clip.vision." + names[1]));
    }
    json.put("num_channels", 3);
    json.put(
        "layer_norm_eps", shortest(metadata.number("clip.vision.attention.layer_norm_epsilon")));
    json.put("hidden_act", activation(metadata, clip));
    if (!clip) {
      json.put("vision_use_head", false);
    }
    return json;
  }

  private static final String[][] VISION_SIZES = {
    {"hidden_size", "embedding_length"},
    {"intermediate_size", "feed_forward_length"},
    {"num_hidden_layers", "block_count"},
    {"num_attention_heads", "attention.head_count"},
    {"image_size", "image_size"},
    {"patch_size", "patch_size"},
    {"projection_dim", "projection_dim"},
  };

  /// llama.cpp's GELU is the approximation by tanh, which is SigLIP's own.
  private static String activation(GgufMetadata metadata, boolean clip) {
    boolean gelu = metadata.optionalBool("clip.use_gelu").orElse(false);
    if (metadata.optionalBool("clip.use_silu").orElse(false)) {
      throw new WeightsException(
          metadata.file() + ": clip.use_silu is true (expected a tower with GELU: CLIP or SigLIP)");
    }
    return clip ? (gelu ? "gelu" : "quick_gelu") : "gelu_pytorch_tanh";
  }

  /// The type of the projector: `linear` or `mlpNx_gelu`.
  static String projector(GgufFile file) {
    String type = file.metadata().optionalString("clip.projector_type").orElse("mlp");
    long layers =
        file.tensors().keySet().stream().filter(n -> n.matches("mm\\.\\d+\\.weight")).count();
    if (!type.equals("mlp") || layers == 0) {
      throw new WeightsException(
          "%s: clip.projector_type is '%s' with %d linear layers (allowed mlp, LLaVA's, with one or more)"
              .formatted(file.metadata().file(), type, layers));
    }
    return layers == 1 ? "linear" : "mlp" + layers + "x_gelu";
  }

  /// The hidden state that the projector reads: the last one, where the file does not say.
  static int featureLayer(GgufFile file) {
    GgufMetadata metadata = file.metadata();
    String key = "clip.vision.feature_layer";
    if (!metadata.has(key)) {
      return -1;
    }
    List<Long> layers = metadata.integers(key);
    if (layers.size() != 1) {
      throw new WeightsException(
          metadata.file()
              + ": "
              + key
              + " is "
              + layers
              + " (expected one layer, as of LLaVA 1.5)");
    }
    return Math.toIntExact(layers.getFirst());
  }

  /// Whether the layers of the tower's MLP have the names of later converters; told by their shapes
  /// as llama.cpp tells them.
  static boolean namesMlpAsNewer(GgufFile file) {
    long hidden = file.metadata().integer("clip.vision.embedding_length");
    GgufTensor down = tensor(file, "v.blk.0.ffn_down.weight");
    return down.shape()[1] != hidden;
  }

  static GgufTensor tensor(GgufFile file, String name) {
    GgufTensor tensor = file.tensors().get(name);
    if (tensor == null) {
      throw new WeightsException(
          file.metadata().file() + ": tensor '" + name + "' is missing; convert the model again");
    }
    return tensor;
  }

  private static double number(GgufFile file, String name) {
    return shortest(file.metadata().number(key(file, name)));
  }

  /// The decimal fraction that a 32-bit number was made from.
  static double shortest(double value) {
    return Double.parseDouble(Float.toString((float) value));
  }
}
