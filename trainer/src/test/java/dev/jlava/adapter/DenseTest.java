package dev.jlava.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Gradients of linear layers, which autograd does not see, against autograd's.
final class DenseTest {
  private static final List<String> NAMES = List.of("w1", "b1", "w2", "b2", "w3");

  /// Two layers that read one input, gated, and a third: with and without bias.
  private record Gated(Map<String, Parameter> weights, boolean byAutograd) implements Segment {
    @Override
    public Tensor forward(Ops ops, Weights w, Tensor x) {
      Tensor gate = linear(ops, w, "1", x);
      Tensor up = linear(ops, w, "2", x);
      return ops.add(x, linear(ops, w, "3", ops.swiglu(gate, up)));
    }

    private Tensor linear(Ops ops, Weights w, String layer, Tensor x) {
      Parameter weight = Objects.requireNonNull(weights.get("w" + layer));
      Parameter bias = weights.get("b" + layer);
      if (!byAutograd) {
        return new Linear.Dense(weight, bias).forward(ops, w, x);
      }
      return bias == null ? ops.linear(x, w.of(weight)) : ops.linear(x, w.of(weight), w.of(bias));
    }

    @Override
    public List<Parameter> parameters() {
      return List.copyOf(weights.values());
    }
  }

  /// One layer, by autograd.
  private record Layer(Parameter weight) implements Segment {
    @Override
    public Tensor forward(Ops ops, Weights w, Tensor x) {
      return ops.linear(x, w.of(weight));
    }

    @Override
    public List<Parameter> parameters() {
      return List.of(weight);
    }
  }

  @ParameterizedTest
  @EnumSource
  void recomputedAndKeptAlike(Tape.Activations activations) {
    sameGradients(NAMES, activations, 5, 6);
  }

  @ParameterizedTest
  @ValueSource(strings = {"w1 w2 w3", "b1", "w2 b2", "w3", "none"})
  void whatTrainsGetsItsGradientAndSoDoesTheInput(String trained) {
    sameGradients(List.of(trained.split(" ")), Tape.Activations.KEEP, 5, 6);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void imagesHaveADimensionOfTheirOwn(int images) {
    sameGradients(NAMES, Tape.Activations.KEEP, images, 4, 6);
  }

  private static void sameGradients(
      List<String> trained, Tape.Activations activations, long... shape) {
    Map<String, float[]> expected = gradients(true, trained, activations, shape);
    Map<String, float[]> found = gradients(false, trained, activations, shape);
    assertThat(found.keySet())
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(Stream.of("first"), trained.stream().filter(NAMES::contains)).toList());
    expected.forEach((name, gradient) -> {
      float largest = 0;
      for (float value : gradient) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(largest).as(name).isPositive();
      assertThat(found.get(name)).as(name).containsExactly(gradient, within(1e-5f * largest));
    });
  }

  private static Map<String, float[]> gradients(
      boolean byAutograd, List<String> trained, Tape.Activations activations, long... shape) {
    Random random = new Random(3);
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Map<String, Parameter> weights = new HashMap<>();
      for (String name : NAMES) {
        long[] size = name.equals("w3") ? new long[] {6, 8} : new long[] {8, 6};
        Tensor value =
            name.startsWith("w")
                ? drawn(engine, scope, random, size)
                : drawn(engine, scope, random, 8);
        weights.put(name, new Parameter(name, value));
      }
      weights.forEach((name, weight) -> weight.setTrained(trained.contains(name)));
      Parameter first = new Parameter("first", drawn(engine, scope, random, 6, 6));
      first.setTrained(true);
      Tensor x = drawn(engine, scope, random, shape);
      Tensor gradient = drawn(engine, scope, random, shape);
      Map<String, float[]> found = new HashMap<>();
      try (Tape tape = Tape.recording(engine.ops(scope), new Floats(found), activations)) {
        Tensor y = tape.run(new Layer(first), x);
        tape.run(new Gated(weights, byAutograd), y);
        tape.backward(gradient);
      }
      return found;
    }
  }

  private static Tensor drawn(Engine engine, Scope scope, Random random, long... shape) {
    int count = 1;
    for (long size : shape) {
      count *= Math.toIntExact(size);
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return engine.tensor(scope, values, shape);
  }
}
