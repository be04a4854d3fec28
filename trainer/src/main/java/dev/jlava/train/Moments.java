package dev.jlava.train;

import dev.jlava.engine.Blockwise;
import dev.jlava.engine.DynamicMap;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.recipe.Recipe;
import java.util.Map;
import java.util.Objects;

/// The two running means that AdamW keeps of a parameter: of its gradient and of the square.
public sealed interface Moments {
  /// The tensors by what a checkpoint calls them.
  Map<String, Tensor> tensors();

  /// A copy on the engine's device.
  Moments onDevice(Ops ops);

  /// Takes over the elements of moments of the same form.
  default void take(Ops ops, Moments others) {
    Map<String, Tensor> mine = tensors();
    others
        .tensors()
        .forEach(
            (name, tensor) -> ops.copyInto(Objects.requireNonNull(mine.get(name), name), tensor));
  }

  /// Both in fp32.
  record Fp32(Tensor first, Tensor second) implements Moments {
    @Override
    public Map<String, Tensor> tensors() {
      return Map.of("exp_avg", first, "exp_avg_sq", second);
    }

    @Override
    public Fp32 onDevice(Ops ops) {
      return new Fp32(ops.toDevice(first), ops.toDevice(second));
    }
  }

  /// Both in 8 bits (Dettmers et al. 2022).
  record EightBit(Blockwise first, Blockwise second) implements Moments {
    @Override
    public Map<String, Tensor> tensors() {
      return Map.of(
          "exp_avg", first.codes(),
          "exp_avg_absmax", first.scales(),
          "exp_avg_sq", second.codes(),
          "exp_avg_sq_absmax", second.scales());
    }

    @Override
    public EightBit onDevice(Ops ops) {
      return new EightBit(first.onDevice(ops), second.onDevice(ops));
    }
  }

  /// How moments are kept.
  enum Precision {
    FP32,
    EIGHT_BIT;

    /// bitsandbytes' `min_8bit_size`.
    private static final long LEAST = 4096;

    static Precision of(Recipe.OptimizerType type) {
      return switch (type) {
        case ADAMW -> FP32;
        case ADAMW_8BIT -> EIGHT_BIT;
      };
    }

    /// Whether a tensor has its moments in 8 bits: bitsandbytes leaves small ones in fp32,
    /// transformers' Trainer embeddings too.
    boolean isEightBit(String name, long elements) {
      return this == EIGHT_BIT
          && elements >= LEAST
          && !name.endsWith("embed_tokens.weight")
          && !name.endsWith("position_embedding.weight");
    }

    /// Bytes of a tensor's moments.
    long bytes(String name, long elements) {
      return isEightBit(name, elements)
          ? 2 * (elements + Blockwise.scales(elements) * ScalarType.F32.bytes())
          : 2 * elements * ScalarType.F32.bytes();
    }
  }

  /// Makes the moments of a stage's parameters, zero at first.
  final class Maker {
    private final Precision precision;
    private final boolean paged;
    private final Ops ops;
    private final DynamicMap signed;
    private final DynamicMap unsigned;

    /// @param scope owner of the moments
    /// @param paged whether they are in the host's memory
    Maker(Engine engine, Scope scope, Precision precision, boolean paged) {
      this.precision = precision;
      this.paged = paged;
      this.ops = engine.ops(scope);
      this.signed = DynamicMap.signed(engine, scope);
      this.unsigned = DynamicMap.unsigned(engine, scope);
    }

    Moments of(Parameter parameter) {
      Tensor value = parameter.value();
      return precision.isEightBit(parameter.name(), value.numElements())
          ? new EightBit(eightBit(value, signed), eightBit(value, unsigned))
          : new Fp32(fp32(value), fp32(value));
    }

    private Blockwise eightBit(Tensor value, DynamicMap map) {
      return paged
          ? Blockwise.hostZeros(ops, value.shape(), map)
          : Blockwise.zerosLike(ops, value, map);
    }

    private Tensor fp32(Tensor value) {
      return paged
          ? ops.hostZeros(ScalarType.F32, value.shape())
          : ops.zerosLike(value, ScalarType.F32);
    }
  }
}
