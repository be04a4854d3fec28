package dev.jlava.engine;

import java.util.List;

/// A differentiable piece of the network with one input and one output: a layer, a projector, a
/// norm. The tape differentiates it as a whole.
public interface Segment {
  /// The output for x. Weights are read through `weights`, so that the tape can put its leaves in
  /// their place.
  Tensor forward(Ops ops, Weights weights, Tensor x);

  /// The weights that forward reads.
  List<Parameter> parameters();

  /// Gives the tensor that stands for a parameter in one run of a segment.
  interface Weights {
    Tensor of(Parameter parameter);
  }
}
