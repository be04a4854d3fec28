package dev.jlava.engine;

import dev.jlava.engine.Segment.Operation;
import java.util.ArrayList;
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

  /// One input and the operations that read it.
  private static final class Cut {
    /// The place of the input in the pieces before it; null where no gradient of it is wanted.
    final @Nullable Tensor place;

    /// The input to weights that train and to what reads it beside the operations; null where there
    /// is neither.
    @Nullable Tensor leaf;

    final List<Branch> branches = new ArrayList<>();

    /// Whether the pieces behind it read the input too.
    boolean readBeside;

    Cut(@Nullable Tensor place) {
      this.place = place;
    }
  }

  /// @param leaf in the place of the operation's output
  private record Branch(Tensor leaf, Operation operation) {}

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

  /// The output of an operation on x.
  Tensor apply(Ops ops, Operation operation, Tensor x) {
    Tensor y = operation.forward(ops, ops.detach(x));
    boolean weightTrained = operation.parameters().stream().anyMatch(trained::contains);
    Optional<Cut> cut = cutAt(x, weightTrained);
    if (cut.isEmpty()) {
      return y;
    }
    if (weightTrained) {
      leaf(cut.get(), x);
    }
    Tensor output = keep.zeroLeaf(y);
    cut.get().branches.add(new Branch(output, operation));
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
    Cut cut = new Cut(inputWanted ? keep.place(x) : null);
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
        @Nullable Tensor ofInput = back(ops, cut, found.subList(own, found.size()), leaves);
        if (cut.place != null && ofInput != null) {
          ys.add(cut.place);
          gradients.add(ofInput);
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

  /// Hands on the gradients of a cut's weights and gives that of its input, or null where nobody
  /// wants it.
  ///
  /// @param found gradients of [#leaves]
  private @Nullable Tensor back(Ops ops, Cut cut, List<Tensor> found, Leaves leaves) {
    int branches = cut.branches.size();
    @Nullable Tensor sum = found.size() > branches ? found.getLast() : null;
    for (int i = 0; i < branches; i++) {
      Operation operation = cut.branches.get(i).operation();
      Tensor ofOutput = found.get(i);
      if (cut.place != null) {
        Tensor back = operation.backward(ops, ofOutput);
        sum = sum == null ? back : added(ops, sum, back);
      }
      // Only now: whoever takes a weight's gradient may change the weight.
      for (Parameter weight : operation.parameters()) {
        if (trained.contains(weight)) {
          leaves.accept(
              weight, operation.gradient(ops, weight, Objects.requireNonNull(cut.leaf), ofOutput));
        }
      }
      ofOutput.release();
    }
    return sum;
  }

  private static Tensor added(Ops ops, Tensor sum, Tensor more) {
    Tensor next = ops.add(sum, more);
    more.release();
    sum.release();
    return next;
  }
}
