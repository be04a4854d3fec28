package dev.jlava.engine;

import java.util.List;
import java.util.OptionalLong;

/// A differentiable piece of the network with one input and one output: a layer, a projector, a
/// norm. The tape differentiates it as a whole.
public interface Segment {
  /// The output for x. Weights are read through `weights`, so that the tape can put its leaves in
  /// their place.
  Tensor forward(Ops ops, Weights weights, Tensor x);

  /// The weights that forward reads.
  List<Parameter> parameters();

  /// What one run of a segment reads besides its input.
  interface Weights {
    /// The tensor that stands for a parameter.
    Tensor of(Parameter parameter);

    /// The number that a training run's random masks are drawn from, the same when the segment is
    /// run again on the way back; empty where nothing trains.
    OptionalLong microBatch();
  }
}
