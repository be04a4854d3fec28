package dev.jlava.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Segment.Weights;
import dev.jlava.engine.Tensor;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// DoRA of two inputs and one output, by hand.
final class DoraTest {
  private record Run(OptionalLong microBatch) implements Weights {
    @Override
    public Tensor of(Parameter parameter) {
      return parameter.value();
    }
  }

  @Test
  void droppedInputGoesThroughTheBaseWeightToo() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Parameter w = parameter(engine, scope, new float[] {3, 1}, 1, 2);
      Parameter bias = parameter(engine, scope, new float[] {10}, 1);
      Parameter a = parameter(engine, scope, new float[] {0.5f, 1}, 1, 2);
      Parameter b = parameter(engine, scope, new float[] {2}, 1, 1);
      Parameter magnitude = parameter(engine, scope, new float[] {6}, 1);
      Dropout dropout = Dropout.of(0.5, 3, "layer");
      Dora dora = new Dora(new Lora(new Linear.Dense(w, bias), a, b, 1, dropout), magnitude);
      a.setTrained(true);
      Tensor x = engine.tensor(scope, new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2);
      // w + b·a = (4, 3), whose norm is 5.
      double g = 6 / 5.0;
      Weights run = new Run(OptionalLong.of(9));
      float[] kept = dropout.apply(ops, run, x).floats();
      assertThat(kept).contains(0).isNotEqualTo(new float[8]);
      float[] found = dora.forward(ops, run, x).floats();
      float[] plain = dora.forward(ops, new Run(OptionalLong.empty()), x).floats();
      float[] at = x.floats();
      for (int t = 0; t < 4; t++) {
        double base = 3 * at[2 * t] + at[2 * t + 1];
        double dropped = 3 * kept[2 * t] + kept[2 * t + 1];
        double update = kept[2 * t] + 2 * kept[2 * t + 1];
        assertThat(found[t])
            .isCloseTo((float) (base + 10 + (g - 1) * dropped + g * update), within(1e-4f));
        double full = g * (base + at[2 * t] + 2 * at[2 * t + 1]) + 10;
        assertThat(plain[t]).isCloseTo((float) full, within(1e-4f));
      }
    }
  }

  @Test
  void dropoutZeroesItsShareAndKeepsTheMean() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      float[] ones = new float[100_000];
      java.util.Arrays.fill(ones, 1);
      Tensor x = engine.tensor(scope, ones, ones.length);
      float[] found = engine.ops(scope).dropout(x, 0.2, 1).floats();
      int zeros = 0;
      for (float value : found) {
        assertThat(value).isIn(0f, 1.25f);
        zeros += value == 0 ? 1 : 0;
      }
      assertThat(zeros / 100_000.0).isCloseTo(0.2, within(0.01));
    }
  }

  private static Parameter parameter(Engine engine, Scope scope, float[] values, long... shape) {
    return new Parameter("p", engine.tensor(scope, values, shape));
  }
}
