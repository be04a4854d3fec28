package dev.jlava.engine;

import dev.jlava.engine.Segment.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The operations of one recorded run that autograd does not see. Their inputs and outputs cut the
/// graph in pieces: an input is a leaf to what reads it, and a zero that is added to an output
/// stands for it, so that no output is kept. The way back takes the cuts in reverse. Each asks
/// autograd for the gradients of its leaves, given those of the run's output and of the inputs of
/// all later cuts, and adds what its operations give. A weight is asked for where the forward pass
/// has read it first: all that depends on it comes later.
final class Cuts {
  private final Ops keep;
  private final List<Cut> cuts = new ArrayList<>();
  private final Map<Tensor, Cut> byInput = new HashMap<>();
  private final Map<Parameter, Integer> readAt = new HashMap<>();

  /// @param keep operators whose results live until the way back
  Cuts(Ops keep) {
    this.keep = keep;
  }

  /// One input and the operations that read it.
  ///
  /// @param input as the pieces before it made it
  /// @param leaf as the pieces behind it read it
  private record Cut(Tensor input, Tensor leaf, List<Branch> branches) {}

  /// @param leaf the zero that was added to the operation's output
  private record Branch(Tensor leaf, Operation operation) {}

  /// Notes that a weight is read now.
  void reads(Parameter parameter) {
    readAt.putIfAbsent(parameter, cuts.size());
  }

  /// The leaf in the place of x; x itself where no gradient of it is wanted.
  Tensor input(Tensor x) {
    Cut known = byInput.get(x);
    if (known != null) {
      return known.leaf();
    }
    if (!keep.requiresGrad(x)) {
      return x;
    }
    Cut cut = new Cut(keep.same(x), keep.leaf(x), new ArrayList<>());
    cuts.add(cut);
    byInput.put(x, cut);
    byInput.put(cut.leaf(), cut);
    return cut.leaf();
  }

  /// The output of an operation on x.
  Tensor apply(Ops ops, Operation operation, Tensor x) {
    Tensor input = input(x);
    Tensor y = operation.forward(ops, ops.detach(input));
    Cut cut = byInput.get(input);
    if (cut == null) {
      return y;
    }
    Tensor zero = keep.zeroLeaf(y);
    cut.branches().add(new Branch(zero, operation));
    return ops.addInPlace(y, zero);
  }

  /// Where the gradients of the run's own leaves go.
  interface Leaves {
    /// Those that the forward pass read first behind a number of cuts.
    List<Tensor> behind(int cuts);

    void accept(int cuts, List<Tensor> gradients);
  }

  /// How many cuts there were when a weight was read first.
  int place(Parameter parameter) {
    return readAt.getOrDefault(parameter, 0);
  }

  /// Takes the gradient of the run's output back to all leaves.
  void backward(Ops ops, Tensor output, Tensor gradient, Leaves leaves) {
    List<Tensor> ys = new ArrayList<>(List.of(output));
    List<Tensor> gradients = new ArrayList<>(List.of(gradient));
    for (int place = cuts.size(); place >= 0; place--) {
      List<Tensor> xs = new ArrayList<>(leaves.behind(place));
      int own = xs.size();
      if (place > 0) {
        Cut cut = cuts.get(place - 1);
        xs.add(cut.leaf());
        cut.branches().forEach(branch -> xs.add(branch.leaf()));
      }
      List<Tensor> found = xs.isEmpty() ? List.of() : vjp(ops, ys, xs, gradients);
      leaves.accept(place, found.subList(0, own));
      if (place > 0) {
        Cut cut = cuts.get(place - 1);
        ys.add(cut.input());
        gradients.add(ofInput(ops, cut, found.subList(own, found.size())));
      }
    }
  }

  /// Only a run without cuts can end its graph as it goes.
  private List<Tensor> vjp(Ops ops, List<Tensor> ys, List<Tensor> xs, List<Tensor> gradients) {
    return cuts.isEmpty()
        ? ops.vjp(ys.getFirst(), xs, gradients.getFirst())
        : ops.vjpKeeping(ys, xs, gradients);
  }

  private static Tensor ofInput(Ops ops, Cut cut, List<Tensor> found) {
    Tensor sum = found.getFirst();
    for (int i = 0; i < cut.branches().size(); i++) {
      Tensor ofBranch = found.get(i + 1);
      Tensor back = cut.branches().get(i).operation().backward(ops, ofBranch);
      Tensor next = ops.add(sum, back);
      ofBranch.release();
      back.release();
      sum.release();
      sum = next;
    }
    return sum;
  }
}
