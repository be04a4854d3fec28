package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.recipe.RecipeSchema;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The recipes that ship, their schema, and what `plan` says of them.
final class PlanCommandTest {
  private static final Path RECIPES =
      Path.of(Objects.requireNonNull(System.getProperty("jlava.root")), "recipes");

  @TempDir Path directory;

  @Test
  void theSchemasThatShipAreTheGeneratedOnes() throws IOException {
    same("recipe.schema.json", RecipeSchema.ofRecipes(KnownNames.all()));
    same("eval.schema.json", RecipeSchema.ofEvaluations(KnownNames.all()));
  }

  private static void same(String name, JsonNode schema) throws IOException {
    Path file = RECIPES.resolve(name);
    String generated = schema.toPrettyString() + "\n";
    if (Boolean.getBoolean("jlava.write")) {
      Files.writeString(file, generated);
    }
    assertThat(Files.readString(file))
        .as("write it anew with ./jlava test -Djlava.write=true")
        .isEqualTo(generated);
  }

  @Test
  void everyRecipeThatShipsPlansWithoutADownloadAndNamesItsSchema() throws IOException {
    List<Path> recipes = new ArrayList<>();
    try (Stream<Path> files = Files.list(RECIPES)) {
      files.filter(f -> f.toString().endsWith(".yaml")).forEach(recipes::add);
    }
    assertThat(recipes).hasSize(9);
    for (Path recipe : recipes) {
      String text = Files.readString(recipe);
      assertThat(text).startsWith("# yaml-language-server: $schema=recipe.schema.json\n");
      assertThat(text).as("the head says how to run it").contains("# ./jlava ");
      // Paths of recipes start from the project's root, and tests run elsewhere; a model that
      // another recipe makes is not there.
      Path here = directory.resolve(recipe.getFileName());
      Files.writeString(
          here,
          text.replace("path: recipes/", "path: " + RECIPES + "/")
              .replaceAll("path: checkpoints/\\S+/final", "path: " + Golden.path("train/hf")));
      CommandRun plan = run("plan", here.toString());
      assertThat(plan.errors()).isEmpty();
      assertThat(plan.code()).isZero();
      assertThat(plan.out()).contains("stage ", "parameters", "FLOPs a step");
    }
  }

  @Test
  void llavas7BHasItsKnownNumbersOfParameters() {
    String plan = plan("llava-1.5-7b.yaml");
    assertThat(plan).containsPattern("vision +303,507,456 +0 +bf16 +frozen");
    assertThat(plan).containsPattern("projector +20,979,712 +20,979,712 +bf16 +0.001");
    assertThat(plan).containsPattern("decoder +6,738,415,616 +6,738,415,616 +bf16 +2e-5");
    assertThat(plan).contains("tokens        576 an image, up to 16,384 a micro-batch");
    assertThat(plan("llava-1.5-7b-lora.yaml"))
        .containsPattern("decoder +6,738,415,616 +319,815,680 +bf16 +2e-4 +lora r 128, alpha 256");
    String qlora = RECIPES.resolve("llava-1.5-13b-qlora.yaml").toString();
    assertThat(run("plan", qlora, "--set", "runtime.device=cuda").out())
        .containsPattern("decoder +13,015,864,320 +500,695,040 +nf4 +2e-4 +lora r 128, alpha 256")
        .contains("memory        10.8 GiB for", "memory        19.6 GiB for");
    assertThat(plan("llava-1.5-13b.yaml"))
        .containsPattern("projector +31,467,520 +31,467,520")
        .containsPattern("decoder +13,015,864,320 +13,015,864,320");
    assertThat(plan("llava-1.0-7b.yaml"))
        .containsPattern("projector +4,198,400 +4,198,400 +bf16 +0.002")
        .contains("tokens        256 an image");
  }

  @Test
  void aRateGivesATimeAndStepsGiveTheWhole() {
    String file = RECIPES.resolve("llava-1.5-7b.yaml").toString();
    assertThat(run("plan", file, "--set", "stages.align.epochs=1", "--flops", "1e15").out())
        .contains("data not found: data/blip_laion_cc_sbu_558k.json")
        .containsPattern("at 1.00e15 FLOP/s [0-9.]+ s a step");
    CommandRun wrong = run("plan", file, "--flops", "0");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.errors()).contains("--flops is 0.0 (allowed more than 0, such as 1e14)");
  }

  @Test
  void dataThatIsThereGivesSamplesAndSteps() throws IOException {
    CommandRun plan = run("plan", golden("").toString());
    assertThat(plan.errors()).isEmpty();
    assertThat(plan.out())
        .contains("stage instruct: 8 steps of 8 samples (24 samples, 3 steps an epoch)")
        .contains("in all");
  }

  @Test
  void whatDoesNotFitIsSaidBeforeAnythingStarts() throws IOException {
    CommandRun targets = run("plan", golden("adapter: { targets: w_proj }").toString());
    assertThat(targets.code()).isEqualTo(2);
    assertThat(targets.errors())
        .contains("stages.instruct.train.decoder.adapter: decoder: no linear layer matches")
        .contains("the adapter's targets [w_proj]")
        .contains("model.layers.N.self_attn.q_proj");
    CommandRun dropout = run("plan", golden("adapter: { dropout: 1.0 }").toString());
    assertThat(dropout.code()).isEqualTo(2);
    assertThat(dropout.errors())
        .contains("stages.instruct.train.decoder.adapter: adapter dropout is 1.0");
    CommandRun unknown =
        run("plan", golden("").toString(), "--set", "model.path=somebody/some-model");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.errors())
        .contains("somebody/some-model: not a local directory, and not a model whose sizes are")
        .contains("lmsys/vicuna-7b-v1.5")
        .contains("or fetch the model: ./jlava model pull somebody/some-model");
  }

  @Test
  void trainingNeedsTheFilesAndSaysWhereToGetThem() {
    String file = RECIPES.resolve("llava-1.5-7b.yaml").toString();
    Path output = directory.resolve("run");
    CommandRun train = run("train", file, "--set", "output=" + output);
    assertThat(train.code()).isEqualTo(1);
    assertThat(train.errors())
        .contains(
            "model.vision.path: openai/clip-vit-large-patch14-336: no directory here, and not")
        .contains(
            "run ./jlava model pull openai/clip-vit-large-patch14-336 where there is a network")
        .contains("model.decoder.path: lmsys/vicuna-7b-v1.5: no directory here, and not in the");
    assertThat(output).doesNotExist();
  }

  private static String plan(String recipe) {
    return run("plan", RECIPES.resolve(recipe).toString()).out();
  }

  private Path golden(String decoder) throws IOException {
    String yaml =
        """
        name: golden
        model: { path: %s }
        runtime: { precision: fp32 }
        stages:
          - name: instruct
            train: { projector: { lr: 1e-3 }, decoder: { lr: 1e-3%s } }
            data: [ { path: %s, images: %s } ]
            template: v1
            steps: 8
            batch: { size: 8 }
        """
            .formatted(
                Golden.path("train/hf"),
                decoder.isEmpty() ? "" : ", " + decoder,
                Golden.path("train/data.json"),
                Golden.path("train/images"));
    return Files.writeString(directory.resolve("golden.yaml"), yaml);
  }

  private static CommandRun run(String... arguments) {
    return CommandRun.of(List.of(arguments));
  }

  @Test
  void pagedMomentsLeaveTheGpuAndChangeNothingOnACpu() throws IOException {
    TinyRun tiny = new TinyRun(directory);
    String recipe = directory.resolve("recipe.yaml").toString();
    String[] paged = {"--set", "stages.align.optimizer.paged=true"};
    String here = run("plan", recipe, paged[0], paged[1]).out();
    assertThat(here)
        .contains("paged: no effect on a CPU, whose memory holds the moments already\n")
        .contains("AdamW moments 0.0 MiB");
    String gpu = run("plan", recipe, paged[0], paged[1], "--set", "runtime.device=cuda:0").out();
    assertThat(gpu)
        .contains(
            "paged: AdamW moments 0.0 MiB in host memory, one parameter's on the GPU at a time (not"
                + " verified on a GPU)\n");
    assertThat(tiny.train(paged[1], "stages.align.steps=2").code()).isZero();
    assertThat(tiny.log()).contains("paged: no effect on a CPU");
    String big = RECIPES.resolve("llava-1.5-7b.yaml").toString();
    String[] all = {"plan", big, "--set", "runtime.device=cuda", "--set"};
    String kept = run(with(all, "stages.instruct.optimizer.paged=false")).out();
    String moved = run(with(all, "stages.instruct.optimizer.paged=true")).out();
    assertThat(kept).contains("AdamW moments 50.4 GiB").doesNotContain("paged");
    assertThat(moved).contains("paged: AdamW moments 50.4 GiB in host memory");
  }

  private static String[] with(String[] first, String last) {
    return Stream.concat(Stream.of(first), Stream.of(last)).toArray(String[]::new);
  }
}
