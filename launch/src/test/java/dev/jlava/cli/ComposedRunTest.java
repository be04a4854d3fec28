package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapters of runs whose recipe names decoder, tower and projector apart.
final class ComposedRunTest {
  private static final String TWO =
      "decoder: { lr: 1e-2, adapter: { r: 4, alpha: 64, name: %s, active: [ %s ] } }";

  @TempDir Path directory;
  private Path decoder;

  @BeforeEach
  void decoder() throws IOException {
    decoder = ComposedModel.decoder(directory);
  }

  private String parts() {
    return "vision: { path: %s }, decoder: { path: %s }".formatted(ComposedModel.TOWER, decoder);
  }

  @Test
  void theAdapterIsAModelAndPeftsOnTheDecoder() throws IOException {
    Path run = train("run", parts(), ComposedModel.LORA);
    Path adapter = run.resolve("final/adapter");
    JsonNode config = json(adapter.resolve("adapter_config.json"));
    assertThat(config.get("base_model_name_or_path").asText()).isEqualTo(decoder.toString());
    assertThat(config.get("revision").isNull()).isTrue();
    assertThat(config.get("task_type").asText()).isEqualTo("CAUSAL_LM");
    assertThat(config.get("modules_to_save").isNull()).isTrue();
    assertThat(json(adapter.resolve("config.json")).get("mm_vision_tower").asText())
        .isEqualTo(ComposedModel.TOWER.toString());
    assertThat(GoldenTensors.read(adapter.resolve("adapter_model.safetensors")).names())
        .hasSize(28)
        .contains("base_model.model.model.layers.1.mlp.up_proj.lora_B.weight");

    JsonNode merged = answer(run);
    for (String model : List.of("final", "final/adapter", "stages/adapt/step-000002")) {
      assertThat(answer(run.resolve(model))).as(model).isEqualTo(merged).hasSize(8);
    }
    assertThat(answer(adapter, "--base", decoder.toString())).isEqualTo(merged);
    Path exported = directory.resolve("exported");
    for (String model : List.of("stages/adapt/step-000002", "final/adapter")) {
      model("export", "--model", run.resolve(model), "--to", "peft", "--out", exported);
      for (String file :
          List.of(
              "adapter_model.safetensors",
              "adapter_config.json",
              "non_lora_trainables.bin",
              "config.json",
              "jlava.json")) {
        assertThat(exported.resolve(file)).hasSameBinaryContentAs(adapter.resolve(file));
      }
      TinyRun.delete(exported);
    }
    model("merge", "--model", adapter, "--out", exported);
    assertThat(model("diff", run.resolve("final"), exported).out())
        .contains("80 tensors equal, 0 different");
    JsonNode totals =
        new ObjectMapper().readTree(model("inspect", "--json", adapter).out()).get("totals");
    assertThat(totals.at("/projector/tensors").asInt()).isEqualTo(4);
    assertThat(totals.at("/decoder/tensors").asInt()).isEqualTo(28);
  }

  @Test
  void adaptersWithNamesAreEachAModel() throws IOException {
    Path recipe = recipe("run", parts(), TWO.formatted("task", ""));
    String stages = Files.readString(recipe);
    String second = stages.substring(stages.indexOf("  - name: adapt"));
    Files.writeString(
        recipe,
        stages
            + second
                .replace("name: adapt", "name: more")
                .replace(TWO.formatted("task", ""), TWO.formatted("style", "task")));
    Path run = train(recipe);
    Path adapter = run.resolve("final/adapter");
    assertThat(adapter.resolve("config.json")).doesNotExist();
    assertThat(answer(adapter.resolve("task"), "--adapter", adapter.resolve("style") + "=style"))
        .isEqualTo(answer(run));
    assertThat(answer(adapter.resolve("task")))
        .isEqualTo(answer(run.resolve("stages/adapt/step-000002")))
        .isNotEqualTo(answer(run));
    Path exported = directory.resolve("exported");
    model(
        "export",
        "--model",
        run.resolve("stages/more/step-000002"),
        "--to",
        "peft",
        "--out",
        exported);
    assertThat(exported.resolve("style/non_lora_trainables.bin"))
        .hasSameBinaryContentAs(adapter.resolve("style/non_lora_trainables.bin"));
    assertThat(refused(Golden.path("train/hf"), adapter.resolve("task")))
        .isEqualTo(
            adapter.resolve("task")
                + ": was trained with the projector beside it, which the model has not; give the directory as the model (--model), not as an adapter on another\n");
  }

  @Test
  void whereTheBaseIsAnotherModelThatIsSaid() throws IOException {
    String vision = "vision: { lr: 1e-3 }, decoder: { lr: 1e-2, adapter: { r: 4 } }";
    String noPlace =
        "the base is the decoder %s, beside whose adapter there is no place for what was trained or drawn of vision"
            .formatted(decoder);
    assertNoAdapter(train("vision", parts(), vision), noPlace);
    String drawn = parts().replace("decoder: { path", "decoder: { init: random, path");
    String moved =
        "the own weights of decoder are not those of the base %s (trained whole, drawn at random, or merged with another adapter), so that its adapter does not fit there"
            .formatted(decoder);
    assertNoAdapter(train("drawn", drawn, ComposedModel.LORA), moved);
    Path first = train("first", parts(), ComposedModel.LORA);
    String merged = "path: " + first.resolve("final/adapter");
    assertNoAdapter(train("merged", merged, ComposedModel.LORA), moved);
  }

  private void assertNoAdapter(Path run, String obstacle) throws IOException {
    assertThat(run.resolve("final/adapter")).doesNotExist();
    assertThat(Files.readString(run.resolve("log.txt")))
        .contains("No adapter directory beside the merged model: " + obstacle + "\n");
    Path checkpoint = run.resolve("stages/adapt/step-000002");
    CommandRun ran = ComposedModel.exported(checkpoint, "peft", directory.resolve("none"));
    assertThat(ran.errors())
        .isEqualTo("--to peft: " + obstacle + "; write the whole model with --to hf --merge\n");
  }

  private Path recipe(String name, String model, String train) throws IOException {
    return ComposedModel.recipe(directory.resolve(name), model, train);
  }

  private Path train(String name, String model, String train) throws IOException {
    return train(recipe(name, model, train));
  }

  private Path train(Path recipe) {
    CommandRun ran = CommandRun.of(List.of("train", recipe.toString()));
    assertThat(ran.code()).as(ran.errors()).isZero();
    return directory.resolve(recipe.getFileName().toString().replace(".yaml", ""));
  }

  private static CommandRun model(Object... arguments) {
    List<String> command = new ArrayList<>(List.of("model"));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    CommandRun ran = CommandRun.of(command);
    assertThat(ran.code()).as(ran.errors() + ran.out()).isZero();
    return ran;
  }

  private static CommandRun generate(Path model, String... more) {
    List<String> command = new ArrayList<>(List.of("generate", "--model", model.toString()));
    command.addAll(List.of("--image", Golden.path("train/images").resolve("00.png").toString()));
    command.addAll(List.of("--raw", "--prompt", "USER: <image>\nWhat is this? ASSISTANT:"));
    command.addAll(List.of("--ignore-eos", "--max-new-tokens", "8", "--json"));
    command.addAll(List.of(more));
    return CommandRun.of(command);
  }

  private static JsonNode answer(Path model, String... more) throws IOException {
    CommandRun ran = generate(model, more);
    assertThat(ran.code()).as(ran.errors()).isZero();
    return new ObjectMapper().readTree(ran.out()).get("new_ids");
  }

  private static String refused(Path model, Path adapter) {
    return generate(model, "--adapter", adapter.toString()).errors();
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }
}
