package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Sizes and switches of a LLaMA-family decoder (LlamaConfig, MistralConfig, Qwen2Config).
///
/// @param maxPositionEmbeddings longest sequence that the decoder was made for
/// @param qkvBias whether q, k and v have biases (Qwen2)
/// @param outputBias whether o has one too (LLaMA with `attention_bias`)
/// @param initializerRange standard deviation of weights drawn at random
/// @param slidingWindow positions that a query looks back, itself included; Long.MAX_VALUE for all
public record DecoderConfig(
    int hiddenSize,
    int intermediateSize,
    int numHiddenLayers,
    int numAttentionHeads,
    int numKeyValueHeads,
    int headDim,
    int vocabSize,
    int maxPositionEmbeddings,
    double rmsNormEps,
    boolean tieWordEmbeddings,
    boolean qkvBias,
    boolean outputBias,
    boolean mlpBias,
    long slidingWindow,
    Rope rope,
    double initializerRange) {

  private static final Set<String> TYPES = Set.of("llama", "mistral", "qwen2");

  /// Whether a `config.json` is that of a bare decoder which JLaVA knows.
  static boolean isDecoder(JsonNode json) {
    return TYPES.contains(json.path("model_type").asText())
        && !json.has("vision_config")
        && !LlavaConfig.isOriginal(json);
  }

  /// Reads a `text_config`, or the config of a bare decoder.
  public static DecoderConfig of(JsonNode json) {
    JsonNode c = json.has("text_config") ? json.get("text_config") : json;
    String type = c.path("model_type").asText("llama");
    boolean qwen = type.equals("qwen2");
    if (!TYPES.contains(type)) {
      throw new ModelException(
          "config.json: model_type '"
              + type
              + "' is not a decoder that JLaVA knows (allowed "
              + String.join(", ", new TreeSet<>(TYPES))
              + ")");
    }
    String act = c.path("hidden_act").asText("silu");
    if (!act.equals("silu")) {
      throw new ModelException(
          "config.json: hidden_act '" + act + "' is not supported in a decoder (allowed silu)");
    }
    ConfigSizes sizes = new ConfigSizes(c);
    int heads = sizes.get("num_attention_heads", 32);
    int hidden = sizes.get("hidden_size", 4096);
    boolean bias = c.path("attention_bias").asBoolean(false);
    int headDim = sizes.get("head_dim", Math.max(1, hidden / heads));
    return new DecoderConfig(
        hidden,
        sizes.get("intermediate_size", type.equals("mistral") ? 14336 : 11008),
        sizes.get("num_hidden_layers", 32),
        heads,
        sizes.divisor(
            "num_key_value_heads",
            type.equals("mistral") ? 8 : heads,
            "num_attention_heads",
            heads),
        headDim,
        sizes.get("vocab_size", 32000),
        sizes.get("max_position_embeddings", maxPositions(type)),
        c.path("rms_norm_eps").asDouble(1e-6),
        c.path("tie_word_embeddings").asBoolean(json.path("tie_word_embeddings").asBoolean(false)),
        qwen || bias,
        bias,
        c.path("mlp_bias").asBoolean(false),
        window(c, type),
        Rope.of(c, headDim),
        c.path("initializer_range").asDouble(0.02));
  }

  /// Defaults of LlamaConfig, MistralConfig and Qwen2Config.
  private static int maxPositions(String type) {
    return switch (type) {
      case "mistral", "llava_mistral" -> 131072;
      case "qwen2" -> 32768;
      default -> 2048;
    };
  }

  private static long window(JsonNode c, String type) {
    boolean used = type.equals("mistral") || c.path("use_sliding_window").asBoolean(false);
    JsonNode window = c.path("sliding_window");
    if (!used || !window.isNumber()) {
      return Long.MAX_VALUE;
    }
    if (type.equals("qwen2")) {
      throw new ModelException(
          "config.json: use_sliding_window of qwen2 windows only some layers, which is not supported;"
              + " set it to false");
    }
    return window.asLong();
  }

  /// The tensors of the decoder.
  public List<TensorSpec> tensors() {
    List<TensorSpec> all = new ArrayList<>();
    all.add(new TensorSpec("model.embed_tokens.weight", vocabSize, hiddenSize));
    for (int i = 0; i < numHiddenLayers; i++) {
      layer(all, "model.layers." + i + ".");
    }
    all.add(new TensorSpec("model.norm.weight", hiddenSize));
    if (!tieWordEmbeddings) {
      all.add(new TensorSpec("lm_head.weight", vocabSize, hiddenSize));
    }
    return all;
  }

  private void layer(List<TensorSpec> all, String layer) {
    all.add(new TensorSpec(layer + "input_layernorm.weight", hiddenSize));
    int queries = numAttentionHeads * headDim;
    int keys = numKeyValueHeads * headDim;
    linear(all, layer + "self_attn.q_proj", qkvBias, queries, hiddenSize);
    linear(all, layer + "self_attn.k_proj", qkvBias, keys, hiddenSize);
    linear(all, layer + "self_attn.v_proj", qkvBias, keys, hiddenSize);
    linear(all, layer + "self_attn.o_proj", outputBias, hiddenSize, queries);
    all.add(new TensorSpec(layer + "post_attention_layernorm.weight", hiddenSize));
    linear(all, layer + "mlp.gate_proj", mlpBias, intermediateSize, hiddenSize);
    linear(all, layer + "mlp.up_proj", mlpBias, intermediateSize, hiddenSize);
    linear(all, layer + "mlp.down_proj", mlpBias, hiddenSize, intermediateSize);
  }

  private static void linear(List<TensorSpec> all, String name, boolean bias, int out, int in) {
    all.add(new TensorSpec(name + ".weight", out, in));
    if (bias) {
      all.add(new TensorSpec(name + ".bias", out));
    }
  }
}
