package dev.jlava.model;

import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The keys and values of one sequence in generation, and attention of new positions to them.
public final class KeyValueCache implements LlamaDecoder.Attention, AutoCloseable {
  private final DecoderConfig config;
  private final Scope scope = new Scope();
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
  private Scope step = new Scope();
  private int past;
  private Tensor cos;
  private Tensor sin;

  /// An empty cache with room for `capacity` positions; keys and values have the model's dtype.
  public KeyValueCache(Ops ops, DecoderConfig config, ScalarType type, int capacity) {
    this.config = config;
    long[] shape = {capacity, config.numKeyValueHeads(), config.headDim()};
    Ops inside = ops.in(scope);
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      keys.add(inside.empty(type, shape));
      values.add(inside.empty(type, shape));
    }
    this.cos = table(ops, 1, false);
    this.sin = table(ops, 1, true);
  }

  /// Announces the next run of positions, before the layers see them.
  void next(Ops ops, int count) {
    step.close();
    step = new Scope();
    cos = table(ops, count, false);
    sin = table(ops, count, true);
  }

  private Tensor table(Ops ops, int count, boolean sine) {
    int[] positions = new int[count];
    for (int i = 0; i < count; i++) {
      positions[i] = past + i;
    }
    float[] table = config.rope().table(positions, sine);
    return ops.engine().tensor(step, table, count, 1, config.headDim() / 2);
  }

  /// Counts the announced positions as past, after the layers have seen them.
  void advance(int count) {
    past += count;
  }

  public int length() {
    return past;
  }

  @Override
  public Tensor attend(Ops ops, int layer, Tensor q, Tensor k, Tensor v) {
    Tensor turnedK = ops.rotary(k, cos, sin);
    Tensor turnedQ = ops.rotary(q, cos, sin);
    return ops.cachedAttention(
        turnedQ, turnedK, v, keys.get(layer), values.get(layer), past, config.slidingWindow());
  }

  @Override
  public void close() {
    step.close();
    scope.close();
  }
}
