package dev.jlava.model;

import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The keys and values of one sequence in generation, with room for all that it may grow to.
public final class KeyValueCache implements AutoCloseable {
  private final Scope scope = new Scope();
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
  private int past;

  /// An empty cache with room for `capacity` positions; keys and values have the model's dtype.
  public KeyValueCache(Ops ops, DecoderConfig config, ScalarType type, int capacity) {
    long[] shape = {capacity, config.numKeyValueHeads(), config.headDim()};
    Ops inside = ops.in(scope);
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      keys.add(inside.empty(type, shape));
      values.add(inside.empty(type, shape));
    }
  }

  /// Begins like another sequence: with a copy of its first `length` positions.
  public void copyFrom(Ops ops, KeyValueCache other, int length) {
    try (Scope temporary = new Scope()) {
      Ops inside = ops.in(temporary);
      for (int i = 0; i < keys.size(); i++) {
        copy(inside, other.keys.get(i), keys.get(i), length);
        copy(inside, other.values.get(i), values.get(i), length);
      }
    }
    past = length;
  }

  private static void copy(Ops ops, Tensor from, Tensor to, int length) {
    ops.copyInto(ops.narrow(to, 0, 0, length), ops.narrow(from, 0, 0, length));
  }

  Tensor keys(int layer) {
    return keys.get(layer);
  }

  Tensor values(int layer) {
    return values.get(layer);
  }

  /// Counts new positions as past, after every layer has seen them.
  void advance(int count) {
    past += count;
  }

  /// How many positions are there.
  public int length() {
    return past;
  }

  @Override
  public void close() {
    scope.close();
  }
}
