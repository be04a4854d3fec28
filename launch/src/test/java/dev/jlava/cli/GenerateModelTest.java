package dev.jlava.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.testing.Golden;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What `--model` may name.
final class GenerateModelTest {
  @TempDir Path directory;

  @Test
  void aRunItsFinalModelAndItsLastCheckpointAnswerAlike() throws IOException {
    train();
    Path run = directory.resolve("run");
    JsonNode expected = answer(run.resolve("final"));
    assertThat(expected.get("new_ids")).hasSize(12);
    assertThat(answer(run)).isEqualTo(expected);
    assertThat(answer(run.resolve("stages/instruct/step-000004"))).isEqualTo(expected);
    assertThat(answer(run, "--precision", "bf16"))
        .isEqualTo(answer(run.resolve("stages/instruct/step-000004"), "--precision", "bf16"));

    JsonNode given = answer(run.resolve("final"), "--template", "vicuna_v1", "--aspect", "pad");
    assertThat(given).isEqualTo(expected);
    assertThat(answer(run.resolve("final"), "--aspect", "square").get("new_ids"))
        .isNotEqualTo(expected.get("new_ids"));

    JsonNode first = answer(run.resolve("stages/align/step-000002"));
    assertThat(first)
        .isEqualTo(
            answer(
                run.resolve("stages/align/step-000002"),
                "--template",
                "plain",
                "--aspect",
                "square"));
    assertThat(first.get("prompt_ids")).isNotEqualTo(expected.get("prompt_ids"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"image", "text", "two_images"})
  void theOriginalLayoutAnswersAsHuggingFaces(String name) throws IOException {
    JsonNode golden = Golden.json("llava/text.json").get("generate").get(name);
    List<String> arguments =
        new ArrayList<>(List.of("--raw", "--ignore-eos", "--aspect", "square"));
    golden
        .get("images")
        .forEach(i -> arguments.addAll(List.of("--image", golden("llava/" + i.asText()))));
    JsonNode found =
        json(
            Golden.path("llava/original/model"),
            golden.get("prompt").asText(),
            16,
            arguments.toArray(String[]::new));
    assertThat(found.get("new_ids")).isEqualTo(golden.get("new_tokens"));
  }

  /// Tower, projector and decoder in 4 or 8 bits, as transformers saved them.
  @ParameterizedTest
  @CsvSource({"llava, image", "llava, two_images", "llava_int8, image", "llava_int8, two_images"})
  void aModelThatBitsandbytesHasQuantisedAnswers(String kind, String name) throws IOException {
    JsonNode golden = Golden.json("nf4/llava_text.json").at("/" + kind + "/generate/" + name);
    List<String> arguments = new ArrayList<>(List.of("--raw", "--ignore-eos"));
    golden
        .get("images")
        .forEach(i -> arguments.addAll(List.of("--image", golden("llava/" + i.asText()))));
    JsonNode found =
        json(
            Golden.path("nf4/" + kind),
            golden.get("prompt").asText(),
            16,
            arguments.toArray(String[]::new));
    assertThat(found.get("new_ids")).isEqualTo(golden.get("new_tokens"));
  }

  @Test
  void aDecoderByItselfAnswersAsInTheModelThatHoldsIt() throws IOException {
    JsonNode golden = Golden.json("llava/text.json").get("generate").get("text");
    Path decoder = decoder();
    JsonNode found = json(decoder, golden.get("prompt").asText(), 16, "--raw", "--ignore-eos");
    assertThat(found.get("new_ids")).isEqualTo(golden.get("new_tokens"));
    CommandRun seeing =
        CommandRun.of(
            List.of(
                "generate",
                "--model",
                decoder.toString(),
                "--prompt",
                "x",
                "--image",
                golden("llava/images/0.png")));
    assertThat(seeing.code()).isEqualTo(1);
    assertThat(seeing.errors())
        .isEqualTo(
            decoder
                + ": sees no images (it is a decoder without a vision tower); leave --image out\n");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aProjectorByItselfAnswersOnTheDecoderThatItNamesOrIsGiven(boolean named) throws IOException {
    JsonNode golden = Golden.json("llava/text.json").get("generate").get("image");
    Path base = decoder();
    Path stage = Files.createDirectories(directory.resolve("stage1"));
    ObjectNode config = Golden.json("llava/original/model/config.json").deepCopy();
    config.put("mm_vision_tower", golden("llava/original/clip_tower"));
    config.put("_name_or_path", named ? "../decoder" : "somebody/vicuna");
    Files.writeString(stage.resolve("config.json"), config.toString());
    Files.copy(Golden.path("llava/original/mm_projector.bin"), stage.resolve("mm_projector.bin"));
    List<String> more =
        new ArrayList<>(List.of("--raw", "--ignore-eos", "--aspect", "square", "--image"));
    more.add(golden("llava/" + golden.get("images").get(0).asText()));
    if (!named) {
      assertFails(
          stage, stage + ": its base somebody/vicuna: no directory here, and not in the cache ");
      more.addAll(List.of("--base", base.toString()));
    }
    JsonNode found = json(stage, golden.get("prompt").asText(), 16, more.toArray(String[]::new));
    assertThat(found.get("new_ids")).isEqualTo(golden.get("new_tokens"));
  }

  @Test
  void aWholeModelHasNoBase() {
    CommandRun ran =
        CommandRun.of(
            List.of("generate", "--model", golden("llava/hf"), "--base", "x", "--prompt", "x"));
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.errors())
        .isEqualTo(
            golden("llava/hf") + ": a whole model, which has no base (found x); leave it out\n");
  }

  /// The decoder of the golden LLaVA, as Hugging Face has decoders.
  private Path decoder() throws IOException {
    Path decoder = Files.createDirectories(directory.resolve("decoder"));
    Path source = Golden.path("llava/original/model");
    for (String name : List.of("model.safetensors", "tokenizer.model", "tokenizer_config.json")) {
      Files.copy(source.resolve(name), decoder.resolve(name));
    }
    ObjectNode config = Golden.json("llava/original/model/config.json").deepCopy();
    config.remove(
        config.properties().stream()
            .map(java.util.Map.Entry::getKey)
            .filter(key -> key.contains("mm_"))
            .toList());
    config.put("model_type", "llama");
    Files.writeString(decoder.resolve("config.json"), config.toString());
    return decoder;
  }

  @Test
  void whatIsNoModelIsNamedWithWhatWasLookedFor() throws IOException {
    assertFails(
        directory,
        directory
            + ": not a model (looked for config.json: a model; adapter_config.json: an adapter;"
            + " GGUF files; resolved.yaml: a run; manifest.json: a checkpoint of a run); check the"
            + " path");
    Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"bert\"}");
    assertFails(directory, "config.json: not a LLaVA model (found model_type 'bert'");
    assertFails(
        directory.resolve("config.json"), "config.json: a file, expected a model's directory");
    Files.delete(directory.resolve("config.json"));
    Files.writeString(directory.resolve("adapter_config.json"), "{\"peft_type\": \"LORA\"}");
    assertFails(
        directory, "adapter_model.safetensors: no such file, nor adapter_model.bin beside it");
  }

  @Test
  void aRunThatIsNotDoneNamesItsNewestCheckpoint() throws IOException {
    train();
    Path run = directory.resolve("run");
    Files.move(run.resolve("final"), directory.resolve("elsewhere"));
    Path newest = run.resolve("stages/instruct/step-000004");
    assertFails(
        run,
        run + ": the run is not done (it has no final); its newest checkpoint is " + newest + "\n");
    Path moved = directory.resolve("a/b/c/moved");
    Files.createDirectories(moved.getParent());
    Files.move(newest, moved);
    assertFails(
        moved,
        moved
            + ": a checkpoint away from its run (expected the recipe in "
            + directory.resolve("a/resolved.yaml"));
    Files.writeString(moved.resolve("weights/model.safetensors"), "x");
    assertFails(moved, moved + ": not a whole checkpoint (weights/model.safetensors has 1 bytes");
  }

  private void train() throws IOException {
    String yaml =
        """
        name: small
        output: %s
        model: { path: %s, max_tokens: 512 }
        runtime: { precision: fp32, threads: 1 }
        stages:
          - name: align
            train: { projector: { lr: 1e-3 } }
            data: [ { path: %s, images: %s } ]
            template: plain
            steps: 2
            batch: { size: 4 }
          - name: instruct
            train: { projector: { lr: 1e-3 }, decoder: { lr: 1e-3 } }
            data: [ { path: %s, images: %s } ]
            template: vicuna_v1
            image: { aspect: pad }
            steps: 4
            batch: { size: 4 }
        """
            .formatted(
                directory.resolve("run"),
                golden("train/hf"),
                golden("train/pretrain.json"),
                golden("train/images"),
                golden("train/data.json"),
                golden("train/images"));
    Path recipe = Files.writeString(directory.resolve("recipe.yaml"), yaml);
    assertThat(Main.run("train", recipe.toString())).isZero();
  }

  private static String golden(String name) {
    return Golden.path(name).toString();
  }

  /// The answer but for the time it took.
  private static JsonNode answer(Path model, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("--ignore-eos"));
    arguments.addAll(List.of("--image", golden("image/src/thin_wide.png")));
    arguments.addAll(List.of(more));
    JsonNode found = json(model, "What is it?", 12, arguments.toArray(String[]::new));
    ((ObjectNode) found).remove("seconds");
    return found;
  }

  private static JsonNode json(Path model, String prompt, int tokens, String... more)
      throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("generate", "--json", "--model", model.toString(), "--prompt", prompt));
    arguments.addAll(List.of("--max-new-tokens", Integer.toString(tokens)));
    arguments.addAll(List.of(more));
    PrintStream out = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(bytes, true, UTF_8));
      assertThat(Main.run(arguments.toArray(String[]::new))).isZero();
    } finally {
      System.setOut(out);
    }
    return new ObjectMapper().readTree(bytes.toString(UTF_8));
  }

  private static void assertFails(Path model, String message) {
    PrintStream err = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      System.setErr(new PrintStream(bytes, true, UTF_8));
      assertThat(Main.run("generate", "--model", model.toString(), "--prompt", "x")).isEqualTo(1);
    } finally {
      System.setErr(err);
    }
    assertThat(bytes.toString(UTF_8)).contains(message);
  }
}
