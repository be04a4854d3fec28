package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.adapter.Floats;
import dev.jlava.adapter.Linear;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What frozen layers above a trained one leave in memory for the way back.
final class FrozenInputsTest {
  private static final int ROWS = 2048;
  private static final int NARROW = 8;
  private static final int WIDE = 4096;
  private static final int LAYERS = 8;

  /// 32 MiB between two linear layers, kept by the second only if it trains.
  private record Bottleneck(Linear.Dense up, Linear.Dense down) implements Segment {
    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      Tensor h = up.forward(ops, weights, x);
      return down.forward(ops, weights, ops.add(h, h));
    }

    @Override
    public List<Parameter> parameters() {
      return List.of(up.weight(), down.weight());
    }
  }

  @ParameterizedTest
  @CsvSource({"false, -16, 96", "true, 224, 384"})
  void onlyATrainedLayerKeepsItsInput(boolean trained, long least, long most) {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      Linear.Dense first = dense(engine, scope, NARROW, NARROW, true);
      Bottleneck layer =
          new Bottleneck(
              dense(engine, scope, WIDE, NARROW, false),
              dense(engine, scope, NARROW, WIDE, trained));
      Tensor x = engine.tensor(scope, new float[ROWS * NARROW], ROWS, NARROW);
      try (Tape tape = Tape.recording(ops, new Floats(new HashMap<>()), Tape.Activations.KEEP)) {
        Tensor y = tape.run(new Bottleneck(first, first), x);
        y = tape.run(layer, y);
        long before = Memory.residentMegabytes();
        for (int i = 0; i < LAYERS; i++) {
          y = tape.run(layer, y);
        }
        assertThat(Memory.residentMegabytes() - before).as("MiB").isBetween(least, most);
      }
    }
  }

  private static Linear.Dense dense(Engine engine, Scope scope, int out, int in, boolean trained) {
    Parameter weight =
        new Parameter("w" + out + in, engine.tensor(scope, new float[out * in], out, in));
    weight.setTrained(trained);
    return new Linear.Dense(weight, null);
  }
}
