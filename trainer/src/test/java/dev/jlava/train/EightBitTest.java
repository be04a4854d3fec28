package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.model.Part;
import dev.jlava.model.TensorSpec;
import dev.jlava.recipe.Recipe;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What 8-bit moments change in a whole training run.
final class EightBitTest {
  private static final int STEPS = 150;

  @Test
  void lossesStayCloseToThoseWithFp32Moments() {
    List<Double> exact = losses(Moments.Precision.FP32);
    List<Double> eightBit = losses(Moments.Precision.EIGHT_BIT);
    double learned = exact.getFirst() - exact.getLast();
    double apart = 0;
    for (int step = 0; step < STEPS; step++) {
      apart = Math.max(apart, Math.abs(exact.get(step) - eightBit.get(step)));
    }
    assertThat(learned).isGreaterThan(1);
    assertThat(apart).isBetween(1e-6, 0.02 * learned);
  }

  @ParameterizedTest
  @EnumSource(
      value = ScalarType.class,
      names = {"F32", "BF16"})
  void thePlanKnowsTheBytesThatAreKept(ScalarType type) {
    try (WideModel wide = new WideModel(type, false)) {
      Part part = wide.model.decoder().part();
      Map<String, ParameterGroups.Rate> rates = Map.of("decoder", new ParameterGroups.Rate(1, 0));
      PartPlan.Bytes planned =
          PartPlan.of(
                  "decoder",
                  part.parameters().stream()
                      .map(p -> new TensorSpec(part.nameOf(p), p.value().shape()))
                      .toList(),
                  RecipePlanTest.training(Recipe.OptimizerType.ADAMW_8BIT, true),
                  Optional.empty(),
                  type)
              .bytes();
      try (Optimizer optimizer =
          new Optimizer(
              wide.engine,
              new Optimizer.Settings(0.9, 0.999, 1e-8, Moments.Precision.EIGHT_BIT, false),
              ParameterGroups.train(wide.model, rates))) {
        long step = ScalarType.F32.bytes();
        assertThat(
                optimizer.state().values().stream()
                    .mapToLong(t -> t.numElements() * t.type().bytes())
                    .sum())
            .isEqualTo(planned.moments() + planned.masters() + step);
      }
      // The largest layer.
      assertThat(planned.gradients()).isEqualTo(4L * (8192 + 4096 + 3 * 192 * 64 + 128));
    }
  }

  private static List<Double> losses(Moments.Precision moments) {
    try (WideModel wide = new WideModel(ScalarType.F32, false)) {
      List<Double> found =
          wide.train(
              STEPS, WideModel.adamw(moments), WideModel.settings(Tape.Activations.KEEP, false));
      return IntStream.range(0, STEPS).mapToObj(i -> found.get(2 * i)).toList();
    }
  }
}
