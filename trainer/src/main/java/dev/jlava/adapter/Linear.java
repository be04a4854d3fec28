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

  /// Low-rank adaptation (Hu et al. 2021): base(x) + scale · B·A·dropout(x), A [r, in], B [out, r].
  record Lora(Dense base, Parameter a, Parameter b, double scale, double dropout)
      implements Linear {
    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      Tensor dropped = dropout > 0 ? ops.dropout(x, dropout) : x;
      Tensor low = ops.linear(dropped, ops.toType(weights.of(a), x.type()));
      Tensor update = ops.linear(low, ops.toType(weights.of(b), x.type()));
      return ops.addScaled(base.forward(ops, weights, x), update, scale);
    }

    @Override
    public List<Parameter> parameters() {
      return Stream.concat(base.parameters().stream(), Stream.of(a, b)).toList();
    }
  }
}
