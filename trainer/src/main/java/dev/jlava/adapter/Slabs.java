package dev.jlava.adapter;

import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/// Memory of quantised weights, taken from the system in large pieces: between small ones, what
/// comes and goes while weights are quantised would leave holes that nothing fits into.
public final class Slabs {
  private static final long BYTES = 32 << 20;

  private final Engine engine;
  private final Scope scope;
  private final Map<ScalarType, Slab> open = new EnumMap<>(ScalarType.class);

  /// @param scope the model's
  public Slabs(Engine engine, Scope scope) {
    this.engine = engine;
    this.scope = scope;
  }

  /// A piece of memory that is used from its beginning on.
  private static final class Slab {
    private final Tensor memory;
    private long used;

    Slab(Tensor memory) {
      this.memory = memory;
    }

    boolean fits(long elements) {
      return used + elements <= memory.numElements();
    }
  }

  /// A tensor with the elements of another.
  Tensor copy(Ops ops, Tensor x) {
    Tensor copy = empty(x.type(), x.shape());
    ops.copyInto(copy, x);
    return copy;
  }

  /// A tensor whose elements are not set.
  Tensor empty(ScalarType type, long... shape) {
    Ops ops = engine.ops(scope);
    long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    if (elements * type.bytes() > BYTES / 2) {
      return ops.empty(type, shape);
    }
    Slab slab = open.get(type);
    if (slab == null || !slab.fits(elements)) {
      if (slab != null) {
        slab.memory.release();
      }
      slab = new Slab(ops.empty(type, BYTES / type.bytes()));
      open.put(type, slab);
    }
    try (Scope temporary = new Scope()) {
      Tensor piece = ops.in(temporary).narrow(slab.memory, 0, slab.used, elements);
      // Products want memory that begins at a multiple of 64 bytes.
      slab.used += (elements + 63) / 64 * 64;
      return ops.view(piece, shape);
    }
  }
}
