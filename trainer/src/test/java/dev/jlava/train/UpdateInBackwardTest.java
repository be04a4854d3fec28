package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Updates in the backward pass against updates behind it.
final class UpdateInBackwardTest {
  private static final int STEPS = 6;

  @ParameterizedTest
  @CsvSource({
    "F32, KEEP, FP32, false",
    "F32, KEEP, FP32, true",
    "F32, RECOMPUTE, EIGHT_BIT, false",
    "BF16, RECOMPUTE, FP32, true",
    "BF16, KEEP, EIGHT_BIT, false"
  })
  void lossesNormsAndWeightsAreTheSameBits(
      ScalarType type, Tape.Activations activations, Moments.Precision moments, boolean tied) {
    try (WideModel usual = new WideModel(type, tied);
        WideModel early = new WideModel(type, tied)) {
      List<float[]> before = early.weights();
      List<Double> expected =
          usual.train(STEPS, WideModel.adamw(moments), WideModel.settings(activations, false));
      List<Double> found =
          early.train(STEPS, WideModel.adamw(moments), WideModel.settings(activations, true));
      assertThat(found).hasSize(2 * STEPS).isEqualTo(expected);
      assertThat(early.weights()).usingRecursiveComparison().isEqualTo(usual.weights());
      assertThat(early.weights()).usingRecursiveComparison().isNotEqualTo(before);
    }
  }

  @Test
  void noGradientOutlivesItsUpdate() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope();
        Optimizer optimizer = optimizer(engine, parameters(engine, scope))) {
      long before = engine.liveTensors();
      try (Scope step = new Scope();
          UpdateInBackward update = new UpdateInBackward(optimizer, 1)) {
        Ops ops = engine.ops(step);
        Parameter first = optimizer.parameters().getFirst();
        Parameter second = optimizer.parameters().getLast();
        update.begin(2);
        update.accept(ops, first, engine.tensor(step, new float[] {6, 8}, 2));
        assertThat(engine.liveTensors()).isEqualTo(before);
        assertThat(first.value().floats()).doesNotContain(0);
        assertThatThrownBy(
                () -> update.accept(ops, first, engine.tensor(step, new float[] {6, 8}, 2)))
            .hasMessage("a second gradient of first");
        Tensor buffer = update.buffer(ops, second);
        assertThatThrownBy(() -> update.finish(ops, 1)).hasMessageContaining("[second");
        ops.accumulate(buffer, engine.tensor(step, new float[] {0, 24}, 2));
        update.filled(ops, second);
        assertThat(second.value().floats()[1]).isNegative();
        // sqrt(6² + 8² + 24²) / 2
        assertThat(update.norm(ops)).isEqualTo(13);
        assertThatThrownBy(() -> update.begin(2)).hasMessageContaining("second micro-batch");
      }
      assertThat(engine.liveTensors()).isEqualTo(before);
    }
  }

  /// libtorch may hand one tensor to two parameters; each update divides its gradient in place.
  @Test
  void parametersWithOneGradientInCommonAreUpdatedAlike() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope();
        Optimizer optimizer = optimizer(engine, parameters(engine, scope));
        UpdateInBackward update = new UpdateInBackward(optimizer, 1)) {
      Ops ops = engine.ops(scope);
      Tensor shared = engine.tensor(scope, new float[] {1e-9f, 2e-9f}, 2);
      update.begin(8);
      for (Parameter parameter : optimizer.parameters()) {
        update.accept(ops, parameter, ops.detach(shared));
      }
      assertThat(optimizer.parameters().getFirst().value().floats())
          .isEqualTo(optimizer.parameters().getLast().value().floats());
    }
  }

  private static List<Parameter> parameters(Engine engine, Scope scope) {
    return List.of(
        new Parameter("first", engine.tensor(scope, new float[2], 2)),
        new Parameter("second", engine.tensor(scope, new float[2], 2)));
  }

  private static Optimizer optimizer(Engine engine, List<Parameter> parameters) {
    return new Optimizer(
        engine,
        new Optimizer.Settings(0.9, 0.999, 1e-8, Moments.Precision.FP32, false),
        List.of(new Optimizer.Group("decoder", 0.1, 0, parameters)));
  }
}
