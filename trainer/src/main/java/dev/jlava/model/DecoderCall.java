package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// New positions of sequences through the whole decoder in a single call: calling the layers one
/// operator at a time takes longer than computing a token of a small model. The arithmetic is that
/// of [LanguageModel#logits], the weights are plain.
public final class DecoderCall {
  private final LanguageModel model;
  private final List<Tensor> outer;
  private final List<Tensor> layers;

  private DecoderCall(LanguageModel model, List<Tensor> outer, List<Tensor> layers) {
    this.model = model;
    this.outer = outer;
    this.layers = layers;
  }

  /// The call of a model; none where a layer has an adapter or is quantised. Valid while the
  /// model's weights stay where they are.
  public static Optional<DecoderCall> of(LanguageModel model) {
    LlamaDecoder decoder = model.decoder();
    List<Tensor> layers = new ArrayList<>();
    for (int i = 0; i < decoder.config().numHiddenLayers(); i++) {
      Optional<List<Tensor>> layer = layer(decoder.part(), "model.layers." + i + ".");
      if (layer.isEmpty()) {
        return Optional.empty();
      }
      layers.addAll(layer.get());
    }
    List<Tensor> outer =
        List.of(decoder.part().get("model.norm.weight").value(), decoder.head().value());
    return Optional.of(new DecoderCall(model, outer, layers));
  }

  private static Optional<List<Tensor>> layer(Part part, String name) {
    List<List<Linear.Dense>> blocks = new ArrayList<>();
    for (List<String> neighbours : RowBlocks.NEIGHBOURS) {
      blocks.add(dense(part, name, neighbours));
    }
    List<Linear.Dense> o = dense(part, name, List.of("self_attn.o_proj"));
    List<Linear.Dense> down = dense(part, name, List.of("mlp.down_proj"));
    boolean plain =
        blocks.stream().allMatch(DecoderCall::oneBlock)
            && Stream.of(o, blocks.getLast(), down).allMatch(DecoderCall::withoutBias);
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

  /// Next-token logits [N, V] in fp32 after the new positions of N sequences, which join the
  /// sequences' caches.
  public Tensor logits(Ops ops, PackedBatch batch, List<KeyValueCache> caches) {
    DecoderConfig config = model.decoder().config();
    CachedAttention attention = new CachedAttention(ops, config, caches, batch);
    Tensor x = model.embed(Tape.forwardOnly(ops), batch); // [T, D]
    Tensor logits = ops.decode(x, outer, layers, attention.allLayers(), config.rmsNormEps());
    attention.advance();
    return logits;
  }
}
