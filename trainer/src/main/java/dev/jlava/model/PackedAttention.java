package dev.jlava.model;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Tensor;

/// Causal attention within each sequence of a packed batch.
final class PackedAttention implements LlamaDecoder.Attention {
  private final Tensor cos;
  private final Tensor sin;
  private final long[] lengths;
  private final long window;

  /// The tables belong to the scope of `ops`.
  PackedAttention(Ops ops, DecoderConfig config, PackedBatch batch) {
    int[] positions = batch.positions();
    long[] shape = {positions.length, 1, config.headDim() / 2};
    this.cos = ops.engine().tensor(ops.scope(), config.rope().table(positions, false), shape);
    this.sin = ops.engine().tensor(ops.scope(), config.rope().table(positions, true), shape);
    this.lengths = new long[batch.starts().length - 1];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = (long) batch.starts()[i + 1] - batch.starts()[i];
    }
    this.window = config.slidingWindow();
  }

  @Override
  public Tensor attend(Ops ops, int layer, Tensor q, Tensor k, Tensor v) {
    Tensor turnedQ = ops.rotary(q, cos, sin);
    return ops.attention(turnedQ, ops.rotary(k, cos, sin), v, lengths, window);
  }
}
