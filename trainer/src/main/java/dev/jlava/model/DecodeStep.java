package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// One new position of each sequence through the whole decoder in a single call, which is what a
/// token costs little besides: calling the layers one operator at a time takes longer than
/// computing a small model. The arithmetic is that of [LlamaDecoder], whose weights are plain.
public final class DecodeStep {
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
    List<List<Linear.Dense>> blocks = new ArrayList<>();
    for (List<String> neighbours : RowBlocks.NEIGHBOURS) {
      blocks.add(dense(part, name, neighbours));
    }
    List<Linear.Dense> o = dense(part, name, List.of("self_attn.o_proj"));
    List<Linear.Dense> down = dense(part, name, List.of("mlp.down_proj"));
    boolean plain =
        blocks.stream().allMatch(DecodeStep::oneBlock)
            && Stream.of(o, blocks.getLast(), down).allMatch(DecodeStep::withoutBias);
    if (!plain) {
      return Optional.empty();
    }
    Linear.Dense q = blocks.getFirst().getFirst();
    return Optional.of(
        Stream.of(
                part.get(name + "input_layernorm.weight"),
                q.weight(),
                q.bias() == null ? q.weight() : q.bias(),
                o.getFirst().weight(),
                part.get(name + "post_attention_layernorm.weight"),
                blocks.getLast().getFirst().weight(),
                down.getFirst().weight())
            .map(Parameter::value)
            .toList());
  }

  /// The layers of these names, as far as they are plain.
  private static List<Linear.Dense> dense(Part part, String prefix, List<String> names) {
    return names.stream()
        .map(name -> part.linear(prefix + name))
        .filter(Linear.Dense.class::isInstance)
        .map(Linear.Dense.class::cast)
        .toList();
  }

  private static boolean withoutBias(List<Linear.Dense> layers) {
    return !layers.isEmpty() && layers.stream().allMatch(layer -> layer.bias() == null);
  }

  /// Whether the layers are there and can be read as one, all with a bias or all without.
  private static boolean oneBlock(List<Linear.Dense> layers) {
    List<Parameter> biases =
        layers.stream().map(Linear.Dense::bias).filter(Objects::nonNull).toList();
    return layers.size() > 1
        && RowBlocks.adjacent(layers.stream().map(layer -> layer.weight().value()).toList())
        && (biases.isEmpty() || biases.size() == layers.size())
        && RowBlocks.adjacent(biases.stream().map(Parameter::value).toList());
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
