package dev.jlava.adapter;

import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.QuantisationOps.Rounded;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The memory that the quantised weights of a model are dequantised into, one at a time: as much as
/// the largest of them takes. A weight that autograd had kept would be overwritten by the next, and
/// libtorch refuses a backward pass over such a graph.
public final class Workspace {
  private final Engine engine;
  private final Scope scope;
  private final ScalarType type;
  private @Nullable Tensor memory;
  private long capacity;
  private boolean inUse;

  /// @param scope the model's
  /// @param type dtype of the model
  public Workspace(Engine engine, Scope scope, ScalarType type) {
    this.engine = engine;
    this.scope = scope;
    this.type = type;
  }

  Engine engine() {
    return engine;
  }

  /// The dtype that values are rounded to.
  ScalarType type() {
    return type;
  }

  /// Makes room for a weight.
  void reserve(long elements) {
    if (elements > capacity) {
      if (memory != null) {
        memory.release();
      }
      memory = engine.ops(scope).empty(engine.productType(type), elements);
      capacity = elements;
    }
  }

  /// What a function makes of a weight that is written here first; the weight ends with the call.
  <T> T hold(Ops ops, long[] shape, Consumer<Rounded> write, Function<Tensor, T> function) {
    if (inUse || memory == null) {
      throw new IllegalStateException("a second quantised weight is read while one is in use");
    }
    inUse = true;
    try (Scope temporary = new Scope()) {
      Ops inside = ops.in(temporary);
      long elements = shape[0] * shape[1];
      Tensor weight = inside.view(inside.narrow(memory, 0, 0, elements), shape);
      write.accept(new Rounded(weight, type));
      return function.apply(weight);
    } finally {
      inUse = false;
    }
  }
}
