package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Moments that are copied to the device for each update, against moments that stay there.
final class PagedMomentsTest {
  private static final int STEPS = 6;

  @ParameterizedTest
  @CsvSource({
    "F32, FP32, false",
    "F32, EIGHT_BIT, true",
    "BF16, FP32, true",
    "BF16, EIGHT_BIT, false"
  })
  void lossesNormsAndWeightsAreTheSameBits(
      ScalarType type, Moments.Precision moments, boolean inBackward) {
    TrainingStep.Settings settings = WideModel.settings(Tape.Activations.KEEP, inBackward);
    try (WideModel usual = new WideModel(type, false);
        WideModel paged = new WideModel(type, false)) {
      List<Double> expected = usual.train(STEPS, adamw(moments, false), settings);
      List<Double> found = paged.train(STEPS, adamw(moments, true), settings);
      assertThat(found).hasSize(2 * STEPS).isEqualTo(expected);
      assertThat(paged.weights()).usingRecursiveComparison().isEqualTo(usual.weights());
    }
  }

  @Test
  void theMomentsGoHomeAndNothingElseStays() {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      update(engine, scope);
    }
  }

  @Test
  @Tag("gpu")
  void theMomentsStayInTheHostsMemory() {
    try (Engine engine = Engine.start(new Device.Cuda(0), 1);
        Scope scope = new Scope()) {
      Map<String, Tensor> state = update(engine, scope);
      // Only a tensor of the host's memory gives its bytes away.
      assertThat(Objects.requireNonNull(state.get("exp_avg.one")).data().byteSize()).isEqualTo(8);
      assertThat(Objects.requireNonNull(state.get("exp_avg_sq.one")).data().byteSize())
          .isEqualTo(8);
    }
  }

  /// One step with the gradient (6, 8) divided by 2.
  private static Map<String, Tensor> update(Engine engine, Scope scope) {
    Parameter one = new Parameter("one", engine.tensor(scope, new float[2], 2));
    Optimizer optimizer =
        new Optimizer(
            engine,
            adamw(Moments.Precision.FP32, true),
            List.of(new Optimizer.Group("decoder", 0.1, 0, List.of(one))));
    Tensor gradient = engine.tensor(scope, new float[] {6, 8}, 2);
    long before = engine.liveTensors();
    optimizer.next(2, 1).update(List.of(gradient));
    assertThat(engine.liveTensors()).isEqualTo(before);
    Map<String, Tensor> state = optimizer.state();
    assertThat(Objects.requireNonNull(state.get("exp_avg.one")).floats())
        .containsExactly(0.3f, 0.4f);
    assertThat(one.value().floats()[0]).isEqualTo(-0.1f);
    return state;
  }

  private static Optimizer.Settings adamw(Moments.Precision moments, boolean paged) {
    return new Optimizer.Settings(0.9, 0.999, 1e-8, moments, paged);
  }
}
