package dev.jlava.adapter;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment.Weights;
import dev.jlava.engine.Tensor;
import java.util.List;
import java.util.stream.Stream;

/// Low-rank adaptation (Hu et al. 2021): base(x) + scale · B·A·dropout(x).
///
/// @param a [r, in] in fp32, cast to the dtype of x on use
/// @param b [out, r], likewise
public record Lora(Base base, Parameter a, Parameter b, double scale, Dropout dropout)
    implements Linear.Adapted {
  @Override
  public Tensor add(Ops ops, Weights weights, Tensor x, Tensor output) {
    return ops.addScaled(output, update(ops, weights, dropped(ops, weights, x)), scale);
  }

  /// What the adapter reads of x. A frozen adapter drops nothing.
  Tensor dropped(Ops ops, Weights weights, Tensor x) {
    return a.trained() ? dropout.apply(ops, weights, x) : x;
  }

  /// B·A·x, not yet scaled: [T, out].
  Tensor update(Ops ops, Weights weights, Tensor x) {
    Tensor low = ops.linear(x, ops.toType(weights.of(a), x.type())); // [T, r]
    return ops.linear(low, ops.toType(weights.of(b), x.type()));
  }

  @Override
  public List<Parameter> parameters() {
    return Stream.concat(base.parameters().stream(), adapter().stream()).toList();
  }

  @Override
  public List<Parameter> adapter() {
    return List.of(a, b);
  }

  @Override
  public Tensor merged(Ops ops, Tensor weight) {
    return ops.loraWeight(weight, a.value(), b.value(), scale);
  }
}
