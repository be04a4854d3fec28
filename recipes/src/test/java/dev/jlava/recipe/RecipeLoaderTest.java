package dev.jlava.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecipeLoaderTest {
  private static final List<String> TEMPLATES = List.of("plain", "vicuna_v1");

  @TempDir Path directory;

  @Test
  void everySettingIsRead() throws IOException {
    Recipe recipe =
        load(
            """
            name: all
            seed: 7
            output: out/all
            model: { path: models/llava, image: { aspect: pad }, max_tokens: 512 }
            runtime: { precision: fp32, activations: recompute, threads: 2 }
            loss: { average: micro_batch }
            stages:
              - name: instruct
                train: { projector: { lr: 1e-3 }, decoder: { lr: 2e-5 } }
                data: [ { path: data.json, images: pictures } ]
                template: vicuna_v1
                image: { aspect: square }
                order: { shuffle: false }
                steps: 9
                batch: { size: 8, micro_size: 4 }
                optimizer: { type: adamw, betas: [0.8, 0.9], eps: 1e-6, weight_decay: 0.1, clip_norm: 0.5 }
                schedule: { type: linear, warmup_steps: 3 }
                problems: { too_long: truncate }
            """);
    assertThat(recipe.seed()).isEqualTo(7);
    assertThat(recipe.output()).isEqualTo(Path.of("out/all"));
    assertThat(recipe.model())
        .isEqualTo(new Recipe.Model(Path.of("models/llava"), Recipe.Aspect.PAD, 512));
    assertThat(recipe.runtime())
        .isEqualTo(new Recipe.Compute(Recipe.Precision.FP32, Recipe.Activations.RECOMPUTE, 2));
    assertThat(recipe.average()).isEqualTo(Recipe.Average.MICRO_BATCH);
    Recipe.Stage stage = recipe.stages().getFirst();
    assertThat(stage.train())
        .containsEntry("projector", new Recipe.Train(1e-3))
        .containsEntry("decoder", new Recipe.Train(2e-5));
    assertThat(stage.data())
        .containsExactly(new Recipe.Data(Path.of("data.json"), Path.of("pictures")));
    assertThat(stage.aspect()).contains(Recipe.Aspect.SQUARE);
    assertThat(stage.order().shuffle()).isFalse();
    assertThat(stage.steps()).contains(9);
    assertThat(stage.batch().size()).isEqualTo(8);
    assertThat(stage.batch().microSize()).contains(4);
    assertThat(stage.optimizer()).isEqualTo(new Recipe.Optimizer(0.8, 0.9, 1e-6, 0.1, 0.5));
    assertThat(stage.schedule().warmupSteps()).contains(3);
    assertThat(stage.problems().truncate()).isTrue();
  }

  @Test
  void allProblemsAreReportedAtOnceWithTheirPlaces() throws IOException {
    Path file = directory.resolve("recipe.yaml");
    assertThatThrownBy(() ->
            load(
                """
                seed: -1
                model: { path: models/llava, image: { aspect: padd } }
                runtime: { precison: fp32, threads: many }
                stages:
                  - name: one
                    train: { projektor: { lr: 1e-3 } }
                    data: here
                    template: vicuna_v2
                    epochs: 1
                    steps: 2
                    batch: { size: 0, micro_size: 1, micro_tokens: 2 }
                    optimizer: { type: adam, betas: [0.9] }
                    schedule: { warmup_ratio: 3 }
                    order: { shuffle: maybe }
                  - name: one
                    name: one
                """))
        .isInstanceOf(RecipeException.class)
        .satisfies(e ->
            assertThat(String.valueOf(e.getMessage()).replace(file + ":", "").lines().toList())
                .contains(
                    "1:1: name: missing (the recipe's name)",
                    "1:7: seed: expected a whole number, 0 or above (found '-1')",
                    "2:47: model.image.aspect: not allowed (found 'padd', allowed [square, pad])."
                        + " Did you mean pad?",
                    "3:12: runtime.precison: unknown key (allowed [activations, precision,"
                        + " threads]). Did you mean precision?",
                    "3:37: runtime.threads: expected a whole number, 0 or above (found 'many')",
                    "6:14: stages.0.train.projektor: unknown key (allowed [decoder, projector,"
                        + " vision]). Did you mean projector?",
                    "5:5: stages.0.train: missing (at least one part of [vision, projector,"
                        + " decoder], each with its lr)",
                    "7:11: stages.0.data: expected a list (found 'here')",
                    "8:15: stages.0.template: not allowed (found 'vicuna_v2', allowed [plain,"
                        + " vicuna_v1]). Did you mean vicuna_v1?",
                    "10:5: stages.0.steps: both epochs and steps are given; keep one",
                    "11:20: stages.0.batch.size: expected a whole number above 0 (found '0')",
                    "11:23: stages.0.batch.micro_size: both micro_tokens and micro_size are"
                        + " given; keep one",
                    "12:24: stages.0.optimizer.type: not allowed (found 'adam', allowed"
                        + " [adamw]). Did you mean adamw?",
                    "12:37: stages.0.optimizer.betas: expected 2 numbers (found a list)",
                    "13:31: stages.0.schedule.warmup_ratio: expected a number from 0.0 to 1.0"
                        + " (found '3')",
                    "14:23: stages.0.order.shuffle: expected true or false (found 'maybe')",
                    "16:5: stages.1.name: duplicate key; keep one",
                    "15:5: stages.1.batch: missing ({ size: samples of a step, micro_tokens or"
                        + " micro_size })"));
  }

  @Test
  void whatIsNotYamlIsLocated() {
    Path file = directory.resolve("recipe.yaml");
    assertThatThrownBy(() -> load("name: [1\nseed: 2\n"))
        .isInstanceOf(RecipeException.class)
        .hasMessageStartingWith(file + ":2:")
        .hasMessageContaining("not YAML");
  }

  private Recipe load(String yaml) throws IOException {
    Path file = Files.writeString(directory.resolve("recipe.yaml"), yaml);
    return RecipeLoader.load(file, TEMPLATES);
  }
}
