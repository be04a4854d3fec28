package dev.jlava.train;

import dev.jlava.engine.GradientSink;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The gradients of one optimizer step, summed in fp32 over its micro-batches.
final class Gradients implements GradientSink, AutoCloseable {
  private final Scope scope = new Scope();
  private final Map<Parameter, Tensor> sums = new LinkedHashMap<>();
  private final Set<Long> addresses = new HashSet<>();

  @Override
  public void accept(Ops ops, Parameter parameter, Tensor gradient) {
    Tensor sum = sums.get(parameter);
    if (sum != null) {
      ops.accumulate(sum, gradient);
    } else {
      sums.put(parameter, own(ops.in(scope), gradient));
    }
    gradient.release();
  }

  /// A first gradient as the sum that the next ones are added to. Its memory is kept where nothing
  /// else of this step has it; libtorch may give two parameters that are added the same gradient.
  private Tensor own(Ops ops, Tensor gradient) {
    Tensor sum = ops.contiguousFp32(gradient);
    if (addresses.add(sum.address())) {
      return sum;
    }
    Tensor copy = ops.copy(sum);
    sum.release();
    return copy;
  }

  @Override
  public Tensor buffer(Ops ops, Parameter parameter) {
    return sums.computeIfAbsent(parameter, p -> ops.in(scope).zerosLike(p.value(), ScalarType.F32));
  }

  /// Nothing to do: the next micro-batch adds to the sums.
  @Override
  public void filled(Ops ops, Parameter parameter) {}

  /// The gradients of these parameters in their order; zero where the step had none, as for a
  /// projector in a step without images.
  List<Tensor> of(Ops ops, List<Parameter> parameters) {
    return parameters.stream().map(p -> buffer(ops, p)).toList();
  }

  @Override
  public void close() {
    scope.close();
  }
}
