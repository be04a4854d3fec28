package dev.jlava.train;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Tensor;
import java.util.List;

/// The usual step: gradients are summed over the micro-batches, clipped, and all parameters updated
/// at the end.
final class UpdateAtEnd implements StepUpdate {
  private final Gradients sums = new Gradients();
  private final Optimizer optimizer;
  private final double factor;
  private double divisor;

  /// @param factor the schedule's, on the learning rates
  UpdateAtEnd(Optimizer optimizer, double factor) {
    this.optimizer = optimizer;
    this.factor = factor;
  }

  @Override
  public void begin(double divisor) {
    this.divisor = divisor;
  }

  @Override
  public void accept(Ops ops, Parameter parameter, Tensor gradient) {
    sums.accept(ops, parameter, gradient);
  }

  @Override
  public Tensor buffer(Ops ops, Parameter parameter) {
    return sums.buffer(ops, parameter);
  }

  @Override
  public void filled(Ops ops, Parameter parameter) {
    sums.filled(ops, parameter);
  }

  @Override
  public double norm(Ops ops) {
    return ops.norm(sums.of(ops, optimizer.parameters())) / divisor;
  }

  @Override
  public void finish(Ops ops, double clip) {
    List<Tensor> gradients = sums.of(ops, optimizer.parameters());
    optimizer.next(divisor / clip, factor).update(gradients);
  }

  @Override
  public long nanos() {
    return 0;
  }

  @Override
  public void close() {
    sums.close();
  }
}
