package dev.jlava.model;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tensor;
import java.util.List;

/// A root mean square norm (Zhang and Sennrich 2019; LlamaRMSNorm) of x [T, D]. It keeps x alone
/// for the way back, where autograd would keep x in fp32 and the normed x too.
///
/// @param weight [D]
record RmsNorm(Parameter weight, double eps) implements Segment.Operation {
  @Override
  public Tensor forward(Ops ops, List<Tensor> xs) {
    return ops.rmsNorm(xs.getFirst(), weight.value(), eps);
  }

  @Override
  public List<Tensor> backward(Ops ops, List<Tensor> xs, Tensor gradient) {
    return List.of(ops.rmsNormBack(gradient, xs.getFirst(), weight.value(), eps));
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(weight);
  }

  @Override
  public Tensor gradient(Ops ops, Parameter parameter, Tensor x, Tensor gradient) {
    return ops.rmsNormWeight(gradient, x, eps);
  }
}
