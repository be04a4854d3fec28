package dev.jlava.engine;

import dev.jlava.engine.Segment.Operation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The operations of one recorded run that autograd does not see. Their inputs and outputs cut the
/// graph in pieces: an output begins a piece, an input ends one, and both are kept as places in the
/// graph, without their elements. Those of an input stay only for what reads it beside and for
/// weights that train. The way back takes the cuts in reverse. Each asks autograd for the gradients
/// of its leaves, given those of the run's output and of the inputs of all later cuts, and adds
/// what its operations give. A weight is asked for where the forward pass has read it first: all
/// that depends on it comes later.
final class Cuts {
  private final Ops keep;
  private final Set<Parameter> trained;
  private final List<Cut> cuts = new ArrayList<>();
  private final Map<Tensor, Cut> byInput = new HashMap<>();
  private final Map<Parameter, Integer> readAt = new HashMap<>();

  /// @param keep operators whose results live until the way back
  /// @param trained weights whose gradients are wanted
  Cuts(Ops keep, Set<Parameter> trained) {
    this.keep = keep;
    this.trained = trained;
  }

  /// One input and the operations of which it is the last.
  private static final class Cut {
    final int index;

    /// The place of the input in the pieces before it; null where no gradient of it is wanted.
    final @Nullable Tensor place;

    /// The input to operations that read it on the way back and to what reads it beside them; null
    /// where there is neither.
    @Nullable Tensor leaf;

    final List<Branch> branches = new ArrayList<>();

    /// Whether the pieces behind it read the input too.
    boolean readBeside;

    /// The input's gradient, as far as the way back has come.
    @Nullable Tensor gradient;

    Cut(int index, @Nullable Tensor place) {
      this.index = index;
      this.place = place;
    }

    void add(Ops ops, Tensor more) {
      @Nullable Tensor sum = gradient;
      if (sum == null) {
        gradient = more;
        return;
      }
      gradient = ops.add(sum, more);
      sum.release();
      more.release();
    }
  }

  /// One operation.
  ///
  /// @param leaf in the place of its output
  /// @param cuts at its inputs; none where neither the input's gradient nor a weight's is wanted
  /// @param inputs as far as the way back reads them
  private record Branch(
      Tensor leaf, Operation operation, List<Optional<Cut>> cuts, List<Tensor> inputs) {}

  /// Notes that a weight is read now.
  void reads(Parameter parameter) {
    readAt.putIfAbsent(parameter, cuts.size());
  }

  /// The leaf in the place of x, for what reads x beside operations; x itself where no gradient of
  /// it is wanted.
  Tensor input(Tensor x) {
    Optional<Cut> cut = cutAt(x, false);
    cut.ifPresent(c -> c.readBeside = true);
    return cut.map(c -> leaf(c, x)).orElse(x);
  }

  /// The output of an operation.
  Tensor apply(Ops ops, Operation operation, List<Tensor> xs) {
    Tensor y = operation.forward(ops, xs.stream().map(ops::detach).toList());
    boolean weightTrained = operation.parameters().stream().anyMatch(trained::contains);
    List<Optional<Cut>> at = xs.stream().map(x -> cutAt(x, weightTrained)).toList();
    Optional<Cut> last =
        at.stream().flatMap(Optional::stream).max(Comparator.comparingInt(cut -> cut.index));
    if (last.isEmpty()) {
      return y;
    }
    List<Tensor> inputs = new ArrayList<>();
    if (weightTrained || !(operation instanceof Segment.LinearOperation)) {
      for (int i = 0; i < xs.size(); i++) {
        Tensor x = xs.get(i);
        inputs.add(at.get(i).map(cut -> leaf(cut, x)).orElseGet(() -> keep.detach(x)));
      }
    }
    Tensor output = keep.zeroLeaf(y);
    last.get().branches.add(new Branch(output, operation, at, inputs));
    return ops.withData(output, y);
  }

  /// The cut at x; none where neither its gradient nor that of a weight is wanted.
  private Optional<Cut> cutAt(Tensor x, boolean weightTrained) {
    Cut known = byInput.get(x);
    if (known != null) {
      return Optional.of(known);
    }
    boolean inputWanted = keep.requiresGrad(x);
    if (!inputWanted && !weightTrained) {
      return Optional.empty();
    }
    Cut cut = new Cut(cuts.size(), inputWanted ? keep.place(x) : null);
    cuts.add(cut);
    byInput.put(x, cut);
    return Optional.of(cut);
  }

  private Tensor leaf(Cut cut, Tensor x) {
    @Nullable Tensor leaf = cut.leaf;
    if (leaf == null) {
      leaf = cut.place == null ? keep.detach(x) : keep.leaf(x);
      cut.leaf = leaf;
      byInput.put(leaf, cut);
    }
    return leaf;
  }

  /// Where the gradients of the run's own leaves go.
  interface Leaves {
    /// Those that the forward pass read first behind a number of cuts.
    List<Tensor> behind(int cuts);

    void accept(int cuts, List<Tensor> gradients);

    /// Takes the gradient of a weight that an operation reads.
    void accept(Parameter weight, Tensor gradient);
  }

  /// How many cuts there were when a weight was read first; none of a weight that only operations
  /// read.
  Optional<Integer> place(Parameter parameter) {
    return Optional.ofNullable(readAt.get(parameter));
  }

  /// Takes the gradient of the run's output back to all leaves.
  void backward(Ops ops, Tensor output, Tensor gradient, Leaves leaves) {
    List<Tensor> ys = new ArrayList<>(List.of(output));
    List<Tensor> gradients = new ArrayList<>(List.of(gradient));
    for (int place = cuts.size(); place >= 0; place--) {
      List<Tensor> xs = new ArrayList<>(leaves.behind(place));
      int own = xs.size();
      if (place > 0) {
        xs.addAll(leaves(cuts.get(place - 1)));
      }
      List<Tensor> found = xs.isEmpty() ? List.of() : vjp(ops, ys, xs, gradients);
      leaves.accept(place, found.subList(0, own));
      if (place > 0) {
        Cut cut = cuts.get(place - 1);
        back(ops, cut, found.subList(own, found.size()), leaves);
        if (cut.place != null && cut.gradient != null) {
          ys.add(cut.place);
          gradients.add(cut.gradient);
        }
      }
    }
  }

  private static List<Tensor> leaves(Cut cut) {
    List<Tensor> all = new ArrayList<>(cut.branches.stream().map(Branch::leaf).toList());
    if (cut.place != null && cut.readBeside) {
      all.add(Objects.requireNonNull(cut.leaf));
    }
    return all;
  }

  /// Only a run without cuts can end its graph as it goes.
  private List<Tensor> vjp(Ops ops, List<Tensor> ys, List<Tensor> xs, List<Tensor> gradients) {
    return cuts.isEmpty()
        ? ops.vjp(ys.getFirst(), xs, gradients.getFirst())
        : ops.vjpKeeping(ys, xs, gradients);
  }

  /// Hands on the gradients of the weights of a cut's operations and adds up those of their inputs.
  ///
  /// @param found gradients of [#leaves]
  private void back(Ops ops, Cut cut, List<Tensor> found, Leaves leaves) {
    int branches = cut.branches.size();
    if (found.size() > branches) {
      cut.add(ops, found.getLast());
    }
    for (int i = 0; i < branches; i++) {
      Branch branch = cut.branches.get(i);
      Operation operation = branch.operation();
      Tensor ofOutput = found.get(i);
      if (branch.cuts().stream().flatMap(Optional::stream).anyMatch(c -> c.place != null)) {
        List<Tensor> ofInputs = operation.backward(ops, branch.inputs(), ofOutput);
        for (int k = 0; k < ofInputs.size(); k++) {
          Tensor ofInput = ofInputs.get(k);
          branch.cuts().get(k).ifPresent(c -> c.add(ops, ofInput));
        }
      }
      // Only now: whoever takes a weight's gradient may change the weight.
      for (Parameter weight : operation.parameters()) {
        if (trained.contains(weight)) {
          Tensor x = branch.inputs().getFirst();
          leaves.accept(weight, operation.gradient(ops, weight, x, ofOutput));
        }
      }
      ofOutput.release();
    }
  }
}
