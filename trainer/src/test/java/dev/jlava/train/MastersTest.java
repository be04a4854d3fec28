package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.testing.Golden;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// bf16 training beside fp32 training of the golden model.
final class MastersTest {
  /// Rates so small that a step is lost in bf16's 8 bits of precision.
  private static final double FACTOR = 0.01;

  private static final String WATCHED = "decoder.model.layers.0.mlp.up_proj.weight";

  /// What a run gives: losses, and one weight before it, after it, and as its fp32 master.
  private record Outcome(List<Double> losses, float[] before, float[] after, float[] master) {}

  @Test
  void mastersMoveWhereBf16StandsStillAndMoveAsInFp32() {
    Outcome exact = train(ScalarType.F32);
    Outcome bf16 = train(ScalarType.BF16);
    int still = 0;
    double length = 0;
    double apart = 0;
    for (int i = 0; i < bf16.before().length; i++) {
      double moved = bf16.master()[i] - bf16.before()[i];
      double expected = exact.after()[i] - exact.before()[i];
      length += expected * expected;
      apart += (moved - expected) * (moved - expected);
      if (bf16.after()[i] == bf16.before()[i]) {
        still++;
        assertThat(moved).isNotZero();
      }
    }
    // The bf16 weights hardly show that there was training; their masters went fp32's way.
    assertThat(still).isGreaterThan(bf16.before().length / 2);
    assertThat(Math.sqrt(apart / length)).isLessThan(0.2);
    for (int step = 0; step < exact.losses().size(); step++) {
      double loss = exact.losses().get(step);
      assertThat(bf16.losses().get(step)).isCloseTo(loss, within(0.005 * loss));
    }
  }

  private static Outcome train(ScalarType type) {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      VisionLanguageModel model =
          LlavaDirectory.open(Golden.path("train/hf")).load(engine, scope, type);
      GoldenRun golden = new GoldenRun("stage2_full", model);
      Optimizer.Settings adamw =
          new Optimizer.Settings(0.9, 0.999, 1e-8, Moments.Precision.FP32, false);
      List<Optimizer.Group> groups = ParameterGroups.train(model, golden.parts());
      Parameter watched =
          model.decoder().part().parameters().stream()
              .filter(p -> p.name().equals(WATCHED))
              .findFirst()
              .orElseThrow();
      float[] before = fp32(engine, watched);
      List<Double> losses = new ArrayList<>();
      try (Optimizer optimizer = new Optimizer(engine, adamw, groups)) {
        TrainingStep step =
            new TrainingStep(
                engine,
                model,
                optimizer,
                new TrainingStep.Settings(
                    TrainingStep.Average.GLOBAL_TOKENS, 1, Tape.Activations.KEEP, false));
        for (GoldenRun.Step next : golden.steps()) {
          losses.add(step.run(next.microBatches().iterator(), FACTOR).loss());
        }
        assertThat(optimizer.weight(watched).type()).isEqualTo(ScalarType.F32);
        float[] master = optimizer.weight(watched).floats();
        return new Outcome(losses, before, fp32(engine, watched), master);
      }
    }
  }

  private static float[] fp32(Engine engine, Parameter parameter) {
    try (Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      return ops.toType(parameter.value(), ScalarType.F32).floats();
    }
  }
}
