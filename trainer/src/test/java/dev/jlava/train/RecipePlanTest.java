package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.model.AdapterLayout;
import dev.jlava.model.ModelShape;
import dev.jlava.model.Part;
import dev.jlava.recipe.Recipe;
import dev.jlava.testing.Golden;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Numbers from shapes against the same numbers counted.
final class RecipePlanTest {
  private static final ModelShape SHAPE = ModelShape.of(Golden.path("train/hf"));

  private static final PartPlan.Training TRAINING = training(Recipe.OptimizerType.ADAMW, false);

  static PartPlan.Training training(Recipe.OptimizerType type, boolean inBackward) {
    Recipe.Optimizer optimizer =
        new Recipe.Optimizer(type, List.of(0.9, 0.999), 1e-8, 0, 0, inBackward, false);
    return new PartPlan.Training(new Recipe.Train(1e-3, null), optimizer, false);
  }

  @ParameterizedTest
  @EnumSource(LoraSettings.Bias.class)
  void parametersAreThoseOfTheLoadedModel(LoraSettings.Bias bias) {
    try (AdapterCase c = new AdapterCase()) {
      for (Part part : c.model.parts()) {
        assertThat(
                PartPlan.of(
                        part.name(),
                        SHAPE.tensors(part.name()),
                        TRAINING,
                        Optional.empty(),
                        ScalarType.BF16)
                    .trained())
            .as(part.name())
            .isEqualTo(elements(part.parameters()));
        if (part.name().equals("projector")) {
          continue;
        }
        List<String> whole = part.name().equals("decoder") ? List.of("embed_tokens") : List.of();
        LoraSettings settings =
            new LoraSettings(3, 6, 0, new LoraTargets.AllLinear(), false, true, bias, 1, whole);
        c.attach(part, settings);
        AdapterLayout layout = AdapterLayout.of(part.name(), SHAPE.tensors(part.name()), settings);
        PartPlan plan =
            PartPlan.of(
                part.name(),
                SHAPE.tensors(part.name()),
                TRAINING,
                Optional.of(layout),
                ScalarType.BF16);
        assertThat(plan.trained()).as(part.name()).isEqualTo(elements(part.trainable()));
        assertThat(plan.parameters()).isEqualTo(elements(part.parameters()));
        long own = layout.numElements();
        assertThat(plan.bytes())
            .isEqualTo(
                new PartPlan.Bytes(
                    2 * plan.parameters() + 4 * own,
                    4 * (plan.trained() - own),
                    4 * plan.trained(),
                    8 * plan.trained(),
                    0));
      }
      assertThat(SHAPE.tokensPerImage()).isEqualTo(c.model.tokensPerImage());
    }
  }

  @Test
  void recomputeKeepsLessAndFrozenPartsKeepNothing() {
    ActivationBytes full = activations(Set.of("projector", "decoder"));
    ActivationBytes vision = activations(Set.of("vision", "projector", "decoder"));
    ActivationBytes align = activations(Set.of("projector"));
    assertThat(full.of(Tape.Activations.RECOMPUTE)).isLessThan(full.of(Tape.Activations.KEEP) / 2);
    assertThat(align.of(Tape.Activations.KEEP)).isLessThan(full.of(Tape.Activations.KEEP));
    assertThat(vision.of(Tape.Activations.KEEP)).isGreaterThan(full.of(Tape.Activations.KEEP));
  }

  /// LLaMA-7B: six layers of 4096 columns and one of 11008 in each of 32.
  @Test
  void adaptersKeepTheirInputsInFp32WhereACpuMultipliesBf16InFp32() {
    ModelShape big = ModelShape.of(java.nio.file.Path.of("llava-hf/llava-1.5-7b-hf"));
    LoraSettings settings =
        new LoraSettings(
            8,
            16,
            0,
            new LoraTargets.AllLinear(),
            false,
            false,
            LoraSettings.Bias.NONE,
            1,
            List.of());
    List<AdapterLayout> layouts =
        List.of(AdapterLayout.of("decoder", big.tensors("decoder"), settings));
    long tokens = 1000;
    long[] bytes = new long[2];
    for (ScalarType products : List.of(ScalarType.BF16, ScalarType.F32)) {
      ActivationBytes activations =
          new ActivationBytes(
              big,
              Map.of("decoder", layouts),
              Set.of("decoder"),
              Optional.of(products),
              ScalarType.BF16,
              tokens,
              1);
      bytes[products == ScalarType.F32 ? 1 : 0] = activations.of(Tape.Activations.KEEP);
    }
    // Under autograd, attention keeps its output and, in fp32, two numbers a head width and one a
    // head.
    long attention = tokens * (2 * 4096 + 4 * (32 + 2 * 128));
    long copies = 4 * tokens * (6 * 4096 + 11008 + 7 * 8);
    assertThat(bytes[1] - bytes[0]).isEqualTo(32 * (attention + copies));
  }

  private static ActivationBytes activations(Set<String> trained) {
    ModelShape big = ModelShape.of(java.nio.file.Path.of("llava-hf/llava-1.5-7b-hf"));
    return new ActivationBytes(
        big, Map.of(), trained, Optional.empty(), ScalarType.BF16, 16384, 28);
  }

  /// A dense decoder costs six operations a weight and token, eight with recomputation; a frozen
  /// one four, and attention and head on top.
  @Test
  void arithmeticIsThatOfTheUsualRule() {
    ModelShape big = ModelShape.of(java.nio.file.Path.of("llava-hf/llava-1.5-7b-hf"));
    double weights = 6.476e9;
    Set<String> all = Set.of("projector", "decoder");
    double tokens = 700;
    double full = flops(big, all, Tape.Activations.KEEP);
    assertThat(full / (6 * weights * tokens)).isBetween(1.0, 1.1);
    assertThat(flops(big, all, Tape.Activations.RECOMPUTE) / (8 * weights * tokens))
        .isBetween(1.0, 1.1);
    assertThat(flops(big, Set.of("projector"), Tape.Activations.KEEP) / (4 * weights * tokens))
        .isBetween(1.0, 1.1);
  }

  private static double flops(ModelShape shape, Set<String> trained, Tape.Activations mode) {
    return new StepFlops(shape, Map.of(), trained, mode).ofSample(124, 1);
  }

  private static long elements(Collection<Parameter> parameters) {
    long count = 0;
    for (Parameter parameter : parameters) {
      long size = 1;
      for (long dimension : parameter.value().shape()) {
        size *= dimension;
      }
      count += size;
    }
    return count;
  }
}
