package dev.jlava.train;

import dev.jlava.engine.GradientSink;
import dev.jlava.engine.Ops;

/// What one optimizer step does with its gradients.
sealed interface StepUpdate extends GradientSink, AutoCloseable
    permits UpdateAtEnd, UpdateInBackward {
  /// Announces the gradients of a micro-batch.
  ///
  /// @param divisor what the step's gradients are to be divided by, this micro-batch included
  void begin(double divisor);

  /// The norm of the step's gradients, divided, once all are there.
  double norm(Ops ops);

  /// Updates whatever is not updated yet.
  ///
  /// @param clip factor on the gradients
  void finish(Ops ops, double clip);

  /// Time of updates so far, those of [#finish] left out.
  long nanos();

  @Override
  void close();
}
