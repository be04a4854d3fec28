package dev.jlava.model;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Segment.Weights;
import dev.jlava.engine.Tensor;
import java.util.List;

/// Causal attention within each sequence of a packed batch.
final class PackedAttention implements LlamaDecoder.Attention, Segment.Operation {
  private final Ops.Packed packed;

  /// The tables belong to the scope of `ops`.
  PackedAttention(Ops ops, DecoderConfig config, PackedBatch batch) {
    int[] positions = batch.positions();
    long[] shape = {positions.length, 1, config.headDim() / 2};
    Tensor cos = ops.engine().tensor(ops.scope(), config.rope().table(positions, false), shape);
    Tensor sin = ops.engine().tensor(ops.scope(), config.rope().table(positions, true), shape);
    long[] lengths = new long[batch.starts().length - 1];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = (long) batch.starts()[i + 1] - batch.starts()[i];
    }
    this.packed = new Ops.Packed(cos, sin, lengths, config.slidingWindow());
  }

  @Override
  public Tensor attend(Ops ops, Weights weights, int layer, Tensor q, Tensor k, Tensor v) {
    if (ops.attentionApart(q.type())) {
      return weights.apply(ops, this, q, k, v);
    }
    Tensor turnedQ = ops.rotary(q, packed.cos(), packed.sin());
    Tensor turnedK = ops.rotary(k, packed.cos(), packed.sin());
    return ops.attention(turnedQ, turnedK, v, packed.lengths(), packed.window());
  }

  @Override
  public Tensor forward(Ops ops, List<Tensor> xs) {
    return ops.packedAttention(xs.get(0), xs.get(1), xs.get(2), packed);
  }

  @Override
  public List<Tensor> backward(Ops ops, List<Tensor> xs, Tensor gradient) {
    return ops.packedAttentionBack(xs.get(0), xs.get(1), xs.get(2), packed, gradient);
  }
}
