package dev.jlava.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The forward and backward pass of one micro-batch over a chain of [Segment]s. Forward runs each
/// segment on a detached leaf; backward walks them in reverse, one vector-Jacobian product each,
/// and hands every parameter's gradient to the sink at once. It stops below the lowest trained
/// weight.
public final class Tape implements AutoCloseable {
  /// What the backward pass needs of the forward pass: all of it, or inputs alone.
  public enum Activations {
    KEEP,
    RECOMPUTE
  }

  /// What the time of a pass goes into, besides the rest of its way forward.
  public enum Phase {
    VISION,
    BACKWARD
  }

  /// One link of the chain on the way back.
  public interface Link {
    /// Takes the gradient of the link's output, gives that of its input, or null where nobody below
    /// wants it.
    @Nullable Tensor backward(Ops ops, Tensor gradient);
  }

  private final Ops ops;
  private final GradientSink sink;
  private final Activations activations;
  private final boolean recording;
  private final OptionalLong microBatch;
  private final Deque<Link> links = new ArrayDeque<>();
  private final List<Scope> kept = new ArrayList<>();
  private final Map<Phase, Long> nanos = new EnumMap<>(Phase.class);

  private Tape(Ops ops, GradientSink sink, Activations activations, OptionalLong microBatch) {
    this.ops = ops;
    this.sink = sink;
    this.activations = activations;
    this.recording = microBatch.isPresent();
    this.microBatch = microBatch;
  }

  /// A tape whose results belong to the scope of `ops`.
  ///
  /// @param microBatch a number that no other micro-batch of the stage has: random masks depend on
  ///   it, so that another pass over the same micro-batch drops the same elements
  public static Tape recording(
      Ops ops, GradientSink sink, Activations activations, long microBatch) {
    return new Tape(ops, sink, activations, OptionalLong.of(microBatch));
  }

  /// A tape for a pass on its own, as micro-batch 0.
  public static Tape recording(Ops ops, GradientSink sink, Activations activations) {
    return recording(ops, sink, activations, 0);
  }

  /// A tape that only computes: no gradient will be asked for.
  public static Tape forwardOnly(Ops ops) {
    return new Tape(ops, new NoGradients(), Activations.KEEP, OptionalLong.empty());
  }

  public Ops ops() {
    return ops;
  }

  public GradientSink sink() {
    return sink;
  }

  /// Whether a parameter's gradient is to be computed.
  public boolean trains(Parameter parameter) {
    return recording && parameter.trained();
  }

  /// Whether some weight that the value so far depends on is trained.
  public boolean gradientWanted() {
    return !links.isEmpty();
  }

  /// Runs segments in a row; values between them end as soon as the next is computed.
  public Tensor run(List<? extends Segment> segments, Tensor input) {
    Tensor x = input;
    for (Segment segment : segments) {
      Tensor y = run(segment, x);
      if (x != input) {
        x.release();
      }
      x = y;
    }
    return x;
  }

  /// Runs one segment.
  public Tensor run(Segment segment, Tensor x) {
    List<Parameter> trained = segment.parameters().stream().filter(this::trains).toList();
    if (trained.isEmpty() && !gradientWanted()) {
      return plain(segment, x);
    }
    Scope scope = new Scope();
    kept.add(scope);
    Ops inside = ops.in(scope);
    if (activations == Activations.RECOMPUTE) {
      Tensor saved = inside.detach(x);
      boolean inputWanted = gradientWanted();
      links.push((o, g) -> back(record(segment, saved, trained, inputWanted, inside), scope, o, g));
      return plain(segment, x);
    }
    Recorded recorded = record(segment, x, trained, gradientWanted(), inside);
    links.push((o, g) -> back(recorded, scope, o, g));
    return ops.detach(recorded.output());
  }

  /// Adds a link whose forward pass the caller has computed.
  public void link(Link link) {
    links.push(link);
  }

  private Tensor plain(Segment segment, Tensor x) {
    try (Scope temporary = new Scope()) {
      Tensor y = segment.forward(ops.in(temporary), new PlainRun(microBatch), x);
      return ops.scope().adopt(y);
    }
  }

  /// One run of a segment that is recorded, with leaves in the place of the weights that are
  /// trained.
  private record Run(Map<Parameter, Tensor> leaves, OptionalLong microBatch, Cuts cuts)
      implements Segment.Weights {
    @Override
    public Tensor of(Parameter parameter) {
      cuts.reads(parameter);
      return leaves.getOrDefault(parameter, parameter.value());
    }

    @Override
    public Tensor input(Tensor x) {
      return cuts.input(x);
    }

    @Override
    public Tensor apply(Ops ops, Segment.Operation operation, Tensor... xs) {
      return cuts.apply(ops, operation, List.of(xs));
    }
  }

  /// One run of a segment that only computes.
  private record PlainRun(OptionalLong microBatch) implements Segment.Weights {
    @Override
    public Tensor of(Parameter parameter) {
      return parameter.value();
    }
  }

  /// A segment's graph: its output, the leaf of its input if wanted, and those of weights.
  private record Recorded(
      Tensor output, @Nullable Tensor input, Map<Parameter, Tensor> weights, Cuts cuts) {}

  private Recorded record(
      Segment segment, Tensor x, List<Parameter> trained, boolean inputWanted, Ops keep) {
    @Nullable Tensor leaf = inputWanted ? keep.leaf(x) : null;
    Map<Parameter, Tensor> weights = new LinkedHashMap<>();
    trained.forEach(parameter -> weights.put(parameter, keep.leaf(parameter.value())));
    Cuts cuts = new Cuts(keep, weights.keySet());
    try (Scope temporary = new Scope()) {
      keep.engine().gradMode(true);
      Run run = new Run(weights, microBatch, cuts);
      Tensor y = segment.forward(keep.in(temporary), run, leaf == null ? x : leaf);
      return new Recorded(keep.scope().adopt(y), leaf, weights, cuts);
    } finally {
      keep.engine().gradMode(false);
    }
  }

  private @Nullable Tensor back(Recorded recorded, Scope scope, Ops o, Tensor gradient) {
    try (Scope temporary = new Scope()) {
      OwnLeaves leaves = new OwnLeaves(recorded, o);
      recorded.cuts().backward(o.in(temporary), recorded.output(), gradient, leaves);
      leaves.handOn();
      scope.close();
      kept.remove(scope);
      return leaves.ofInput;
    }
  }

  /// Hands the gradients of a segment's weights on: those of operations as they come, the others at
  /// the end, because pieces of the graph that still read these weights are walked more than once.
  private final class OwnLeaves implements Cuts.Leaves {
    private final Recorded recorded;
    private final Ops ops;
    private final Map<Parameter, Tensor> ofWeights = new LinkedHashMap<>();
    private @Nullable Tensor ofInput;

    OwnLeaves(Recorded recorded, Ops ops) {
      this.recorded = recorded;
      this.ops = ops;
    }

    private List<Parameter> weights(int cuts) {
      return recorded.weights().keySet().stream()
          .filter(p -> recorded.cuts().place(p).equals(Optional.of(cuts)))
          .toList();
    }

    @Override
    public List<Tensor> behind(int cuts) {
      List<Tensor> all = new ArrayList<>();
      if (cuts == 0 && recorded.input() != null) {
        all.add(recorded.input());
      }
      weights(cuts).forEach(p -> all.add(recorded.weights().get(p)));
      return all;
    }

    @Override
    public void accept(int cuts, List<Tensor> gradients) {
      int next = 0;
      if (cuts == 0 && recorded.input() != null) {
        ofInput = ops.scope().adopt(gradients.get(next++));
      }
      for (Parameter parameter : weights(cuts)) {
        ofWeights.put(parameter, gradients.get(next++));
      }
    }

    void handOn() {
      ofWeights.forEach((parameter, gradient) -> sink.accept(ops, parameter, gradient));
    }

    @Override
    public void accept(Parameter weight, Tensor gradient) {
      sink.accept(ops, weight, gradient);
    }
  }

  /// Runs a part of the pass whose time is counted.
  public <T> T timed(Phase phase, Supplier<T> part) {
    long start = System.nanoTime();
    T result = part.get();
    nanos.merge(phase, System.nanoTime() - start, Long::sum);
    return result;
  }

  /// Time that a phase has taken; on a GPU, until its operations were given to it.
  public long nanos(Phase phase) {
    return nanos.getOrDefault(phase, 0L);
  }

  /// Walks back from the gradient of the last value.
  public void backward(Tensor gradient) {
    long start = System.nanoTime();
    walk(gradient);
    nanos.merge(Phase.BACKWARD, System.nanoTime() - start, Long::sum);
  }

  private void walk(Tensor gradient) {
    @Nullable Tensor g = gradient;
    while (g != null && !links.isEmpty()) {
      Tensor below = links.pop().backward(ops, g);
      if (below != g) {
        g.release();
      }
      g = below;
    }
    if (g != null) {
      g.release();
    }
    links.clear();
  }

  @Override
  public void close() {
    kept.forEach(Scope::close);
    kept.clear();
  }

  /// The sink of a tape that records nothing.
  private static final class NoGradients implements GradientSink {
    @Override
    public void accept(Ops ops, Parameter parameter, Tensor gradient) {
      throw new IllegalStateException("a gradient of " + parameter.name() + " that nobody wants");
    }

    @Override
    public Tensor buffer(Ops ops, Parameter parameter) {
      throw new IllegalStateException("a gradient of " + parameter.name() + " that nobody wants");
    }

    @Override
    public void filled(Ops ops, Parameter parameter) {
      throw new IllegalStateException("a gradient of " + parameter.name() + " that nobody wants");
    }
  }
}
