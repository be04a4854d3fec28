package dev.jlava.model;

import dev.jlava.engine.GradientSink;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;

/// Gradients as they come, for comparison.
final class CollectedGradients implements GradientSink, AutoCloseable {
  private final Scope scope = new Scope();
  private final Map<Parameter, Tensor> sums = new HashMap<>();

  @Override
  public void accept(Ops ops, Parameter parameter, Tensor gradient) {
    ops.accumulate(buffer(ops, parameter), gradient);
    gradient.release();
  }

  @Override
  public Tensor buffer(Ops ops, Parameter parameter) {
    return sums.computeIfAbsent(parameter, p -> ops.in(scope).zerosLike(p.value(), ScalarType.F32));
  }

  @Override
  public void filled(Ops ops, Parameter parameter) {}

  float[] of(Parameter parameter) {
    return Objects.requireNonNull(sums.get(parameter), parameter.name()).floats();
  }

  void forEach(BiConsumer<Parameter, Tensor> action) {
    sums.forEach(action);
  }

  @Override
  public void close() {
    scope.close();
  }
}
