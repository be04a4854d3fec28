package dev.jlava.recipe;

import static java.util.Objects.requireNonNull;
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

  private static final String[] ALL_PROBLEMS =
      """
      1:1: name: missing (the recipe's name)
      1:7: seed: expected a whole number of at least 0 (found '-1')
      2:47: model.image.aspect: not allowed (found 'padd', allowed [square, pad]). Did you mean pad?
      3:12: runtime.precison: unknown key (allowed [device, precision, activations, threads, workers]). Did you mean precision?
      3:37: runtime.threads: expected a whole number of at least 0 (found 'many')
      6:14: stages.0.train.projektor: unknown key (allowed [vision, projector, decoder]). Did you mean projector?
      7:11: stages.0.data: expected a list (found 'here')
      8:15: stages.0.template: not allowed (found 'vicuna_v2', allowed [plain, vicuna_v1]). Did you mean vicuna_v1?
      10:5: stages.0.steps: both epochs and steps are given; keep one
      11:20: stages.0.batch.size: expected a whole number above 0 (found '0')
      11:23: stages.0.batch.micro_size: both micro_tokens and micro_size are given; keep one
      12:24: stages.0.optimizer.type: not allowed (found 'adam', allowed [adamw, adamw_8bit]). Did you mean adamw?
      12:37: stages.0.optimizer.betas: expected 2 items (found 1)
      13:31: stages.0.schedule.warmup_ratio: expected a number from 0 to 1 (found '3')
      14:23: stages.0.order.shuffle: expected true or false (found 'maybe')
      15:5: stages.1.batch: missing (how many samples at a time)
      15:5: stages.1.data: missing (a list of at least one data set)
      15:5: stages.1.template: missing (the conversation template)
      15:5: stages.1.name: another stage has this name (found 'one')
      16:5: stages.1.name: duplicate key; keep one
      17:5: stages.1.train: trains nothing; name vision, projector or decoder, each with its lr
      18:5: stages.1.loss: unknown key (allowed [name, train, data, template, order, epochs, steps, batch, optimizer, schedule, problems, image, validation])
      """
          .lines()
          .toArray(String[]::new);

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
                train: { projector: { lr: 1e-3 }, decoder: { lr: 2e-5, adapter: { r: 4, targets: q_proj } } }
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
    assertThat(recipe.runDirectory()).isEqualTo(Path.of("out/all"));
    assertThat(recipe.model().path()).isEqualTo(Path.of("models/llava"));
    assertThat(recipe.model().image().aspect()).isEqualTo(Recipe.Aspect.PAD);
    assertThat(recipe.model().maxTokens()).isEqualTo(512);
    assertThat(recipe.runtime())
        .isEqualTo(
            new Recipe.Compute("auto", Recipe.Precision.FP32, Recipe.Activations.RECOMPUTE, 2, 2));
    assertThat(recipe.loss().average()).isEqualTo(Recipe.Average.MICRO_BATCH);
    assertThat(recipe.checkpoint()).isEqualTo(new Recipe.Checkpoint(500, 2, null, false, true));
    Recipe.Stage stage = recipe.stages().getFirst();
    assertThat(stage.train().byPart().keySet()).containsExactly("projector", "decoder");
    Recipe.Train decoder = requireNonNull(stage.train().decoder());
    assertThat(decoder.lr()).isEqualTo(2e-5);
    Recipe.Adapter adapter = requireNonNull(decoder.adapter());
    assertThat(adapter.r()).isEqualTo(4);
    assertThat(adapter.targets()).containsExactly("q_proj");
    assertThat(stage.data())
        .containsExactly(new Recipe.Data(Path.of("data.json"), Path.of("pictures"), 1.0, null));
    assertThat(requireNonNull(stage.image()).aspect()).isEqualTo(Recipe.Aspect.SQUARE);
    assertThat(stage.order()).isEqualTo(new Recipe.Order(false, Recipe.Group.NONE));
    assertThat(stage.steps()).isEqualTo(9);
    assertThat(stage.batch()).isEqualTo(new Recipe.Batch(8, null, 4));
    assertThat(stage.optimizer())
        .isEqualTo(
            new Recipe.Optimizer(
                Recipe.OptimizerType.ADAMW, List.of(0.8, 0.9), 1e-6, 0.1, 0.5, false, false));
    assertThat(stage.schedule()).isEqualTo(new Recipe.Schedule(Recipe.Shape.LINEAR, null, 3));
    assertThat(stage.problems())
        .isEqualTo(new Recipe.Problems(Recipe.TooLong.TRUNCATE, Recipe.BadImage.ERROR, 0));
  }

  @Test
  void theResolvedTextSaysEverythingAndReadsTheSame() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("short.yaml"),
            """
            name: short
            model: { vision: { path: v }, decoder: { path: d, init: random } }
            stages:
              - name: align
                train: { projector: { lr: 1e-3 } }
                data: [ { path: data.json } ]
                template: plain
                batch: { size: 8 }
            """);
    var settings = List.of("stages.align.batch.size=4", "stages.0.train.decoder.lr=2e-5");
    RecipeLoader.Resolved resolved = RecipeLoader.load(file, settings, TEMPLATES);
    Recipe.Stage stage = resolved.recipe().stages().getFirst();
    assertThat(stage.batch().size()).isEqualTo(4);
    assertThat(requireNonNull(stage.train().decoder()).lr()).isEqualTo(2e-5);
    assertThat(stage.schedule()).isEqualTo(new Recipe.Schedule(Recipe.Shape.COSINE, 0.03, null));
    assertThat(resolved.recipe().runDirectory()).isEqualTo(Path.of("checkpoints/short"));
    assertThat(resolved.yaml()).contains("seed: 42", "layer: -2", "clip_norm: 1.0", "every: 500");
    assertThat(load(resolved.yaml())).isEqualTo(resolved.recipe());
  }

  @Test
  void aSettingThatFitsNowhereIsRefused() throws IOException {
    Path file = Files.writeString(directory.resolve("recipe.yaml"), "stages: [ { name: one } ]");
    assertThatThrownBy(() -> RecipeLoader.load(file, List.of("stages.two.steps=3"), TEMPLATES))
        .hasMessage("--set stages.two.steps=3: no item 'two' (found 1 items)");
    assertThatThrownBy(() -> RecipeLoader.load(file, List.of("seed"), TEMPLATES))
        .hasMessage("--set seed: expected KEY=VALUE, such as seed=7");
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
                    train: {}
                    loss: 3
                """))
        .isInstanceOf(RecipeException.class)
        .satisfies(e ->
            assertThat(String.valueOf(e.getMessage()).replace(file + ":", "").lines().toList())
                .containsExactlyInAnyOrder(ALL_PROBLEMS));
  }

  @Test
  void anAdapterThatIsReadHasItsOwnSettings() throws IOException {
    String yaml =
        """
        name: go-on
        model: { path: models/llava }
        stages:
          - name: one
            train: { decoder: { lr: 1e-3, adapter: { path: peft%s } } }
            data: [ { path: data.json } ]
            template: plain
            batch: { size: 8 }
        """;
    assertThatThrownBy(() -> load(yaml.formatted(", r: 4, dropout: 0.1")))
        .hasMessageContaining("adapter.r: adapter.path gives it; leave it out, or leave path out")
        .hasMessageContaining("adapter.dropout: adapter.path gives it");
    Path file = Files.writeString(directory.resolve("r.yaml"), yaml.formatted(", lr_ratio: 16"));
    RecipeLoader.Resolved resolved = RecipeLoader.load(file, List.of(), TEMPLATES);
    assertThat(load(resolved.yaml())).isEqualTo(resolved.recipe());
  }

  @Test
  void updatesInTheBackwardPassNeedOneMicroBatchAndNoClipping() throws IOException {
    String yaml =
        """
        name: early
        model: { path: models/llava }
        stages:
          - name: one
            train: { decoder: { lr: 1e-3 } }
            data: [ { path: data.json } ]
            template: plain
            batch: { size: 8%s }
            optimizer: { type: adamw_8bit, paged: true, in_backward: true%s }
        """;
    assertThatThrownBy(() -> load(yaml.formatted("", "")))
        .hasMessageContaining(
            ":8:12: stages.0.batch.micro_size: missing (optimizer.in_backward needs batch.size, 8)")
        .hasMessageContaining(
            ":9:49: stages.0.optimizer.clip_norm: in_backward cannot clip by the norm of all"
                + " gradients (found 1.0, the default); set it to 0");
    assertThatThrownBy(() -> load(yaml.formatted(", micro_size: 4", ", clip_norm: 0.5")))
        .hasMessageContaining(
            ":8:23: stages.0.batch.micro_size: optimizer.in_backward needs one micro-batch a step"
                + " (found 4, expected batch.size, 8)")
        .hasMessageContaining("(found 0.5)");
    Recipe recipe = load(yaml.formatted(", micro_size: 8", ", clip_norm: 0"));
    Recipe.Optimizer optimizer = recipe.stages().getFirst().optimizer();
    assertThat(optimizer.inBackward()).isTrue();
    assertThat(optimizer.paged()).isTrue();
    assertThat(optimizer.type()).isEqualTo(Recipe.OptimizerType.ADAMW_8BIT);
  }

  @Test
  void whatIsKeptFitsTheCheckpointsThereAre() throws IOException {
    String yaml =
        """
        name: keep
        model: { path: models/llava }
        stages:
          - name: one
            train: { decoder: { lr: 1e-3 } }
            data: [ { path: data.json } ]
            template: plain
            batch: { size: 8 }
        checkpoint: { %s }
        """;
    assertThatThrownBy(() -> load(yaml.formatted("keep_every: 750, best: true")))
        .hasMessageContaining(
            "checkpoint.keep_every: expected a multiple of checkpoint.every, 500 (found 750)")
        .hasMessageContaining(
            "checkpoint.best: no stage has validation data; give one, or leave best out");
    Recipe recipe = load(yaml.formatted("every: 50, keep_every: 750, background: false"));
    assertThat(recipe.checkpoint()).isEqualTo(new Recipe.Checkpoint(50, 2, 750, false, false));
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
    return RecipeLoader.load(file, List.of(), TEMPLATES).recipe();
  }
}
