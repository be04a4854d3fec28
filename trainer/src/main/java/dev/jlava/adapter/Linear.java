package dev.jlava.adapter;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment.Weights;
import dev.jlava.engine.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A linear layer x·wᵀ + b: plain, or with an adapter beside it.
public sealed interface Linear {
  /// The output [T, out] for x [T, in].
  Tensor forward(Ops ops, Weights weights, Tensor x);

  /// Every weight that forward reads.
  List<Parameter> parameters();

  /// The layer of the checkpoint: a weight [out, in] and perhaps a bias [out].
  record Dense(Parameter weight, @Nullable Parameter bias) implements Linear {
    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      Tensor w = weights.of(weight);
      return bias == null ? ops.linear(x, w) : ops.linear(x, w, weights.of(bias));
    }

    @Override
    public List<Parameter> parameters() {
      return bias == null ? List.of(weight) : List.of(weight, bias);
    }
  }

  /// A layer of the checkpoint with an adapter beside it.
  sealed interface Adapted extends Linear permits Lora, Dora {
    Dense base();

    /// The adapter's own weights.
    List<Parameter> adapter();

    /// The output with what the adapter adds to it.
    ///
    /// @param output that of the base, and of adapters in front of this one
    Tensor add(Ops ops, Weights weights, Tensor x, Tensor output);

    @Override
    default Tensor forward(Ops ops, Weights weights, Tensor x) {
      return add(ops, weights, x, base().forward(ops, weights, x));
    }

    /// The weight [out, in], in fp32, of the plain layer that computes the same outside of
    /// training.
    Tensor merged(Ops ops);
  }

  /// A layer of the checkpoint with several adapters beside it, each adding to the output of those
  /// in front of it, as PEFT sums active adapters.
  ///
  /// @param adapters at least one, all of the same layer
  record Several(List<Adapted> adapters) implements Linear {
    public Several {
      adapters = List.copyOf(adapters);
    }

    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      Tensor y = adapters.getFirst().base().forward(ops, weights, x);
      for (Adapted adapter : adapters) {
        y = adapter.add(ops, weights, x, y);
      }
      return y;
    }

    @Override
    public List<Parameter> parameters() {
      Stream<Parameter> own = adapters.stream().flatMap(a -> a.adapter().stream());
      return Stream.concat(adapters.getFirst().base().parameters().stream(), own).toList();
    }
  }
}
