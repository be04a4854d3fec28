package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.testing.Golden;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The golden training runs, from ids, labels and pixels to the final weights.
final class TrainGoldenTest {
  @ParameterizedTest
  @CsvSource({
    "stage1, KEEP",
    "stage2_full, KEEP",
    "stage2_full, RECOMPUTE",
    "stage2_full_micro_mean, KEEP",
    "stage2_lora, KEEP",
    "stage2_lora, RECOMPUTE"
  })
  void lossesNormsRatesAndWeightsAreHuggingFaces(String run, Tape.Activations activations) {
    assertReproduces(new Device.Cpu(), run, activations, GoldenRun.average(run));
  }

  @Tag("gpu")
  @ParameterizedTest
  @CsvSource({"stage1", "stage2_full", "stage2_lora"})
  void onAGpuToo(String run) {
    Tape.Activations keep = Tape.Activations.KEEP;
    assertReproduces(new Device.Cuda(0), run, keep, GoldenRun.average(run));
  }

  @ParameterizedTest
  @CsvSource("stage2_full")
  void theOtherAverageIsSeen(String run) {
    assertThatThrownBy(() ->
            assertReproduces(
                new Device.Cpu(), run, Tape.Activations.KEEP, TrainingStep.Average.MICRO_BATCH))
        .isInstanceOf(AssertionError.class);
  }

  private static void assertReproduces(
      Device device, String run, Tape.Activations activations, TrainingStep.Average average) {
    JsonNode settings = Golden.json("train/train.json").get("runs").get(run);
    try (Engine engine = Engine.start(device, 1);
        Scope scope = new Scope()) {
      VisionLanguageModel model =
          LlavaDirectory.open(Golden.path("train/hf")).load(engine, scope, ScalarType.F32);
      GoldenRun golden = new GoldenRun(run, model);
      golden.start(engine, scope);
      Map<String, ParameterGroups.Rate> parts = golden.parts();
      Optimizer.Settings adamw =
          new Optimizer.Settings(0.9, 0.999, 1e-8, Moments.Precision.FP32, false);
      try (Optimizer optimizer =
          new Optimizer(engine, adamw, ParameterGroups.train(model, parts))) {
        TrainingStep step =
            new TrainingStep(
                engine,
                model,
                optimizer,
                new TrainingStep.Settings(
                    average, settings.get("max_grad_norm").asDouble(), activations, false));
        long before = engine.liveTensors();
        for (GoldenRun.Step expected : golden.steps()) {
          TrainingStep.Result found =
              step.run(expected.microBatches().iterator(), expected.factor());
          assertThat(found.loss()).isCloseTo(expected.loss(), within(1e-5 * expected.loss()));
          assertThat(found.gradNorm())
              .isCloseTo(expected.gradNorm(), within(2e-5 * expected.gradNorm()));
          assertThat(expected.lr())
              .isCloseTo(
                  settings.get("lr").asDouble() * expected.factor(),
                  within(1e-12 * settings.get("lr").asDouble()));
          assertThat(engine.liveTensors()).isEqualTo(before);
        }
      }
      golden.assertFinal();
    }
  }
}
