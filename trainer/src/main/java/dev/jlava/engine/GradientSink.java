package dev.jlava.engine;

/// Receives the gradients of parameters as soon as the backward pass has them.
public interface GradientSink {
  /// Adds a gradient. The tensor is the sink's from then on, to keep or to release.
  void accept(Ops ops, Parameter parameter, Tensor gradient);

  /// The fp32 buffer that a parameter's gradient is summed in, zero at first.
  Tensor buffer(Ops ops, Parameter parameter);
}
