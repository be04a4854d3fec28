package dev.jlava.model;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Segment.Weights;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Causal attention of the new positions of several sequences, packed, to what their caches hold.
final class CachedAttention implements LlamaDecoder.Attention {
  private final DecoderConfig config;
  private final List<KeyValueCache> caches;
  private final long[] lengths;
  private final long[] pasts;
  private final Tensor last;
  private final Tensor cos;
  private final Tensor sin;

  /// The tables belong to the scope of `ops`.
  ///
  /// @param batch the new positions
  CachedAttention(Ops ops, DecoderConfig config, List<KeyValueCache> caches, PackedBatch batch) {
    this.config = config;
    this.caches = List.copyOf(caches);
    int[] starts = batch.starts();
    this.lengths =
        IntStream.range(1, starts.length).mapToLong(i -> starts[i] - starts[i - 1]).toArray();
    this.pasts = caches.stream().mapToLong(KeyValueCache::length).toArray();
    int[] ends = Arrays.stream(starts).skip(1).map(end -> end - 1).toArray();
    this.last = ops.engine().indices(ops.scope(), ends);
    int[] positions = positions();
    long[] shape = {positions.length, 1, config.headDim() / 2};
    this.cos = ops.engine().tensor(ops.scope(), config.rope().table(positions, false), shape);
    this.sin = ops.engine().tensor(ops.scope(), config.rope().table(positions, true), shape);
  }

  private int[] positions() {
    int[] positions = new int[(int) Arrays.stream(lengths).sum()];
    int at = 0;
    for (int i = 0; i < lengths.length; i++) {
      for (int k = 0; k < lengths[i]; k++) {
        positions[at++] = (int) pasts[i] + k;
      }
    }
    return positions;
  }

  /// Index [N] of each sequence's last new position.
  Tensor last() {
    return last;
  }

  /// What all layers attend to.
  Ops.Stream allLayers() {
    List<Tensor> keys = new ArrayList<>();
    List<Tensor> values = new ArrayList<>();
    for (int layer = 0; layer < config.numHiddenLayers(); layer++) {
      Ops.Cached one = layer(layer);
      keys.addAll(one.keys());
      values.addAll(one.values());
    }
    Ops.Cached cached = new Ops.Cached(keys, values, pasts, config.slidingWindow());
    return new Ops.Stream(cached, lengths, last, cos, sin);
  }

  private Ops.Cached layer(int layer) {
    return new Ops.Cached(
        caches.stream().map(cache -> cache.keys(layer)).toList(),
        caches.stream().map(cache -> cache.values(layer)).toList(),
        pasts,
        config.slidingWindow());
  }

  @Override
  public Tensor attend(Ops ops, Weights weights, int layer, Tensor q, Tensor k, Tensor v) {
    Tensor turnedK = ops.rotary(k, cos, sin);
    Tensor turnedQ = ops.rotary(q, cos, sin);
    return ops.cachedAttention(turnedQ, turnedK, v, layer(layer), lengths);
  }

  /// Counts the new positions as past, after every layer has seen them.
  void advance() {
    for (int i = 0; i < lengths.length; i++) {
      caches.get(i).advance((int) lengths[i]);
    }
  }
}
