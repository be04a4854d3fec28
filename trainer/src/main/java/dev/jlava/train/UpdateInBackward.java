package dev.jlava.train;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The step in the backward pass (Lv et al. 2023, LOMO, with AdamW): each parameter is updated as
/// soon as its gradient is there, and the gradient ends. Needs a step of one micro-batch, and no
/// clipping by the norm of all gradients, which is known too late.
final class UpdateInBackward implements StepUpdate {
  private final Optimizer optimizer;
  private final double factor;
  private final Map<Parameter, Tensor> buffers = new HashMap<>();
  private final Map<Parameter, Float> norms = new HashMap<>();
  private final Scope scope = new Scope();
  private double divisor;
  private long nanos;
  private Optimizer.@Nullable Step step;

  /// @param factor the schedule's, on the learning rates
  UpdateInBackward(Optimizer optimizer, double factor) {
    this.optimizer = optimizer;
    this.factor = factor;
  }

  @Override
  public void begin(double divisor) {
    if (step != null) {
      throw new IllegalStateException("an update in the backward pass of a second micro-batch");
    }
    this.divisor = divisor;
    this.step = optimizer.next(divisor, factor);
  }

  @Override
  public void accept(Ops ops, Parameter parameter, Tensor gradient) {
    try (Scope temporary = new Scope()) {
      Ops o = ops.in(temporary);
      temporary.adopt(gradient);
      Tensor fp32 = o.contiguousFp32(gradient);
      // The update divides in place; libtorch may give two parameters the same gradient.
      update(o, parameter, fp32.address() == gradient.address() ? o.copy(fp32) : fp32);
    }
  }

  private void update(Ops ops, Parameter parameter, Tensor gradient) {
    long start = System.nanoTime();
    if (norms.put(parameter, ops.norm(List.of(gradient))) != null) {
      throw new IllegalStateException("a second gradient of " + parameter.name());
    }
    Objects.requireNonNull(step, "begin comes first").update(parameter, gradient);
    nanos += System.nanoTime() - start;
  }

  @Override
  public Tensor buffer(Ops ops, Parameter parameter) {
    return buffers.computeIfAbsent(
        parameter, p -> ops.in(scope).zerosLike(p.value(), ScalarType.F32));
  }

  @Override
  public void filled(Ops ops, Parameter parameter) {
    Tensor gradient = buffer(ops, parameter);
    update(ops, parameter, gradient);
    buffers.remove(parameter);
    gradient.release();
  }

  @Override
  public double norm(Ops ops) {
    List<Parameter> all = optimizer.parameters();
    float[] parts = new float[all.size()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = norms.getOrDefault(all.get(i), 0f);
    }
    return ops.norm(List.of(ops.engine().tensor(ops.scope(), parts, parts.length))) / divisor;
  }

  /// Updates the parameters that had no gradient, as the projector in a step without images.
  @Override
  public void finish(Ops ops, double clip) {
    if (clip != 1 || !buffers.isEmpty()) {
      throw new IllegalStateException(
          "clip " + clip + ", unfinished gradients " + buffers.keySet());
    }
    for (Parameter parameter : optimizer.parameters()) {
      if (!norms.containsKey(parameter)) {
        filled(ops, parameter);
      }
    }
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public void close() {
    scope.close();
  }
}
