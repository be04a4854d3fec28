package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Memory over a thousand training steps, in a process whose Java heap is resident from the start:
/// what grows is a leak outside it.
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class MemoryTest {
  private static final int STEPS = 1000;
  private static final int WARM = 300;
  private static final long ALLOWED_KIB = 16 << 10;

  @Test
  void aThousandStepsKeepHandlesAndResidentMemory() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xms96m",
                "-Xmx96m",
                "-XX:+AlwaysPreTouch",
                "-cp",
                System.getProperty("java.class.path"),
                TrainsAThousandSteps.class.getName())
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).as(output).isZero();
    String[] resident = output.substring(output.lastIndexOf('\n') + 1).split(" ", -1);
    assertThat(resident).as(output).hasSize(2);
    long grown = Long.parseLong(resident[1]) - Long.parseLong(resident[0]);
    assertThat(grown).as("KiB from step %d to %d", WARM, STEPS).isLessThan(ALLOWED_KIB);
  }

  /// Trains the golden model whole, and prints the resident KiB after the warm-up and at the end.
  static final class TrainsAThousandSteps {
    private TrainsAThousandSteps() {}

    public static void main(String[] arguments) throws IOException {
      try (Engine engine = Engine.start(new Device.Cpu(), 1);
          Scope scope = new Scope()) {
        VisionLanguageModel model =
            LlavaDirectory.open(Golden.path("train/hf")).load(engine, scope, ScalarType.F32);
        GoldenRun golden = new GoldenRun("stage2_full", model);
        List<GoldenRun.Step> steps = golden.steps();
        Optimizer.Settings adamw =
            new Optimizer.Settings(0.9, 0.999, 1e-8, Moments.Precision.FP32, false);
        try (Optimizer optimizer =
            new Optimizer(engine, adamw, ParameterGroups.train(model, golden.parts()))) {
          TrainingStep step =
              new TrainingStep(
                  engine,
                  model,
                  optimizer,
                  new TrainingStep.Settings(
                      TrainingStep.Average.GLOBAL_TOKENS, 1, Tape.Activations.KEEP, false));
          long handles = engine.liveTensors();
          for (int i = 1; i <= STEPS; i++) {
            step.run(steps.get(i % steps.size()).microBatches().iterator(), 0.1);
            if (engine.liveTensors() != handles) {
              throw new IllegalStateException(
                  "step %d: found %d live tensors, expected %d"
                      .formatted(i, engine.liveTensors(), handles));
            }
            if (i == WARM) {
              System.out.print(residentKib() + " ");
            }
          }
        }
        System.out.println(residentKib());
      }
    }

    private static long residentKib() throws IOException {
      System.gc();
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    }
  }
}
