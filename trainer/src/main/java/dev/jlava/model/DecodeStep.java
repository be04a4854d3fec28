package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// One new position of each sequence through the whole decoder in a single call, which is what a
/// token costs little besides: calling the layers one operator at a time takes longer than
/// computing a small model. The arithmetic is that of [LlamaDecoder], whose weights are plain.
public final class DecodeStep {
  private static final List<String> BIASED =
      List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj");

  private final DecoderConfig config;
  private final List<Tensor> outer;
  private final List<Tensor> layers;

  private DecodeStep(DecoderConfig config, List<Tensor> outer, List<Tensor> layers) {
    this.config = config;
    this.outer = outer;
    this.layers = layers;
  }

  /// The step of a model; none where a layer has an adapter or is quantised, or where bf16 is
  /// computed in fp32. Valid while the model's weights stay where they are.
  public static Optional<DecodeStep> of(Engine engine, LanguageModel model) {
    LlamaDecoder decoder = model.decoder();
    if (engine.emulatesBf16() && model.type() == ScalarType.BF16) {
      return Optional.empty();
    }
    List<Tensor> layers = new ArrayList<>();
    for (int i = 0; i < decoder.config().numHiddenLayers(); i++) {
      Optional<List<Tensor>> layer = layer(decoder.part(), "model.layers." + i + ".");
      if (layer.isEmpty()) {
        return Optional.empty();
      }
      layers.addAll(layer.get());
    }
    List<Tensor> outer =
        List.of(
            decoder.embedding().value(),
            decoder.part().get("model.norm.weight").value(),
            decoder.head().value());
    return Optional.of(new DecodeStep(decoder.config(), outer, layers));
  }

  private static Optional<List<Tensor>> layer(Part part, String name) {
    List<Tensor> weights = new ArrayList<>();
    weights.add(part.get(name + "input_layernorm.weight").value());
    for (String projection : BIASED) {
      if (!(part.linear(name + projection) instanceof Linear.Dense dense)) {
        return Optional.empty();
      }
      weights.add(dense.weight().value());
      weights.add(dense.bias() == null ? dense.weight().value() : dense.bias().value());
    }
    for (String unbiased :
        List.of("self_attn.o_proj", "", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")) {
      if (unbiased.isEmpty()) {
        weights.add(part.get(name + "post_attention_layernorm.weight").value());
      } else if (part.linear(name + unbiased) instanceof Linear.Dense(var weight, var bias)
          && bias == null) {
        weights.add(weight.value());
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(weights);
  }

  /// Next-token logits [N, V] in fp32 after a new token of each of N sequences, which joins its
  /// cache.
  public Tensor logits(Ops ops, int[] ids, List<KeyValueCache> caches) {
    int[] ones = new int[ids.length];
    Arrays.fill(ones, 1);
    CachedAttention attention = new CachedAttention(ops, config, caches, ones);
    Tensor logits =
        ops.decode(
            ops.engine().indices(ops.scope(), ids),
            outer,
            layers,
            attention.allLayers(),
            attention.turn(),
            config.rmsNormEps());
    attention.advance();
    return logits;
  }
}
