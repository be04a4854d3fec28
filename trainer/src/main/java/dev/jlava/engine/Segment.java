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

    /// x as the input of operations of [#apply], for all that reads it beside them: their gradients
    /// meet there. The same for the same x.
    default Tensor input(Tensor x) {
      return x;
    }

    /// An operation whose derivatives are its own.
    default Tensor apply(Ops ops, Operation operation, Tensor... xs) {
      return operation.forward(ops, List.of(xs));
    }

    /// The number that a training run's random masks are drawn from, the same when the segment is
    /// run again on the way back; empty where nothing trains.
    OptionalLong microBatch();
  }

  /// A function that gives its derivatives itself: autograd keeps nothing of what it reads.
  interface Operation {
    /// The output, outside of any graph.
    Tensor forward(Ops ops, List<Tensor> xs);

    /// The gradients of the inputs, given that of the output.
    ///
    /// @param xs the inputs; none where the operation is a [LinearOperation]
    List<Tensor> backward(Ops ops, List<Tensor> xs, Tensor gradient);

    /// The weights whose gradients it gives too, where it has one input.
    default List<Parameter> parameters() {
      return List.of();
    }

    /// The gradient of one of the weights, given the input and the gradient of the output.
    default Tensor gradient(Ops ops, Parameter weight, Tensor x, Tensor gradient) {
      throw new IllegalStateException(weight.name() + " has no gradient here");
    }
  }

  /// An operation that is linear in its one input: the way back does not need it.
  interface LinearOperation extends Operation {
    /// The output for x, outside of any graph.
    Tensor forward(Ops ops, Tensor x);

    /// The gradient of the input, given that of the output.
    Tensor backward(Ops ops, Tensor gradient);

    @Override
    default Tensor forward(Ops ops, List<Tensor> xs) {
      return forward(ops, xs.getFirst());
    }

    @Override
    default List<Tensor> backward(Ops ops, List<Tensor> xs, Tensor gradient) {
      return List.of(backward(ops, gradient));
    }
  }
}
