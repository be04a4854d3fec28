package dev.jlava.engine;

/// Receives the gradients of parameters as soon as the backward pass has them.
public interface GradientSink {
  /// Adds a gradient; in a pass each parameter comes once, here or by a buffer. The tensor is the
  /// sink's from then on, to keep or to release.
  void accept(Ops ops, Parameter parameter, Tensor gradient);

  /// The fp32 buffer that a parameter's gradient is summed in, zero at first.
  Tensor buffer(Ops ops, Parameter parameter);

  /// Says that a parameter's buffer has all that the pass adds to it.
  void filled(Ops ops, Parameter parameter);
}
