package dev.jlava.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.testing.Golden;
import dev.jlava.testing.HubServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models of the hub on the command line, in processes with an environment of their own.
final class HubCommandTest {
  @TempDir Path directory;
  private HubServer server;

  @BeforeEach
  void serve() throws IOException {
    model("tiny/llava", Golden.path("train/hf"));
    server = HubServer.serve(directory.resolve("hub"));
  }

  @AfterEach
  void close() {
    server.close();
  }

  private void model(String id, Path source) throws IOException {
    HubServer.put(directory.resolve("hub"), id, source);
  }

  @Test
  void aModelIsPulledOnceAndAnswersAndTrainsByItsId() throws Exception {
    Ran pulled = run("model", "pull", "tiny/llava");
    Path snapshot =
        directory
            .resolve("hf/hub/models--tiny--llava/snapshots")
            .resolve(HubServer.commit("tiny/llava"));
    assertThat(pulled.out()).isEqualTo(snapshot + "\n");
    assertThat(pulled.errors()).contains("jlava: tiny/llava: fetched ");
    assertThat(run("model", "pull", "tiny/llava", "--offline").out()).isEqualTo(snapshot + "\n");
    int asked = server.requests().size();

    String[] question = {
      "--raw", "--prompt", "Hello", "--max-new-tokens", "6", "--ignore-eos", "--json"
    };
    JsonNode byId = ids(run(with(question, "generate", "--model", "tiny/llava")));
    CommandRun local =
        CommandRun.of(
            List.of(with(question, "generate", "--model", Golden.path("train/hf").toString())));
    assertThat(byId).hasSize(6).isEqualTo(ids(new Ran(local.code(), local.out(), local.errors())));

    TinyRun tiny = new TinyRun(directory);
    Path recipe = directory.resolve("recipe.yaml");
    Files.writeString(
        recipe, Files.readString(recipe).replace("path: " + tiny.model + ",", "path: tiny/llava,"));
    assertThat(run("train", recipe.toString()).code()).isZero();
    assertThat(Files.readString(directory.resolve("run/resolved.yaml")))
        .contains("path: tiny/llava");
    assertThat(
            new ObjectMapper()
                .readTree(directory.resolve("run/run.json").toFile())
                .at("/model_commits/model.path")
                .asText())
        .isEqualTo(HubServer.commit("tiny/llava"));
    tiny.train("model.path=" + tiny.model, "output=" + tiny.output("local"));
    assertThat(tiny.losses("run")).hasSize(6).isEqualTo(tiny.losses("local"));
    assertThat(server.requests()).as("the cache comes first").hasSize(asked);

    // The branch goes on; the run's checkpoints stay with the commit that they began with.
    Files.writeString(directory.resolve("hf/hub/models--tiny--llava/refs/main"), "0".repeat(40));
    Path checkpoint = directory.resolve("run/stages/align/step-000006");
    JsonNode trained = ids(run(with(question, "generate", "--model", checkpoint.toString())));
    assertThat(trained)
        .isEqualTo(
            ids(run(with(question, "generate", "--model", tiny.output("run/final").toString()))));
  }

  /// An untrained judge gives no scores; what it says is a local model's all the same.
  @Test
  void aJudgeIsFetchedByItsId() throws Exception {
    model("tiny/judge", Golden.path("llava/hf"));
    Path file = directory.resolve("q.jsonl");
    Files.writeString(file, "{\"question_id\": 0, \"text\": \"Which?\"}\n");
    Path rule = directory.resolve("rule.json");
    Files.writeString(rule, "{\"default\": {\"role\": \"A\", \"prompt\": \"Score.\"}}");
    List<String> said = new ArrayList<>();
    for (String judge : List.of("tiny/judge", Golden.path("llava/hf").toString())) {
      Path out = directory.resolve("out-" + said.size());
      String[] arguments = {
        "judge",
        "--answers",
        file.toString(),
        "--questions",
        file.toString(),
        "--reference",
        file.toString(),
        "--rule",
        rule.toString(),
        "--out",
        out.toString(),
        "--model-path",
        judge,
        "--set",
        "max_tokens=6",
        "--set",
        "precision=fp32",
        "--set",
        "temperature=0",
        "--set",
        "orders=reference_first"
      };
      Ran ran = run(arguments);
      assertThat(ran.errors()).contains("gave no scores that can be read");
      JsonNode review =
          new ObjectMapper().readTree(Files.readString(out.resolve("q/reviews.jsonl")));
      assertThat(review.get("judge").asText())
          .startsWith(judge.substring(judge.lastIndexOf('/') + 1) + "@");
      said.add(review.get("content").asText());
    }
    assertThat(said.getFirst()).isNotEmpty().isEqualTo(said.getLast());
    assertThat(directory.resolve("hf/hub/models--tiny--judge/refs/main")).exists();
  }

  @Test
  void theOriginalLayoutBringsItsTower() throws Exception {
    model("old/llava", Golden.path("llava/original/model"));
    model("some/tower", Golden.path("llava/original/clip_tower"));
    Path config = directory.resolve("hub/old/llava/config.json");
    ObjectNode json = (ObjectNode) new ObjectMapper().readTree(config.toFile());
    Files.writeString(config, json.put("mm_vision_tower", "some/tower").toString());
    JsonNode golden = Golden.json("llava/text.json").at("/generate/text");
    Ran answer =
        run(
            "generate",
            "--model",
            "old/llava",
            "--raw",
            "--prompt",
            golden.get("prompt").asText(),
            "--ignore-eos",
            "--max-new-tokens",
            "16",
            "--json");
    assertThat(ids(answer)).isEqualTo(golden.get("new_tokens"));
    assertThat(directory.resolve("hf/hub/models--some--tower/refs/main")).exists();
  }

  /// The decoder's file brings the mmproj file; the adapter is on the hub too.
  @Test
  void aGgufFileAnswersAndAnAdapterWorksOnIt() throws Exception {
    Path gguf = Files.createDirectories(directory.resolve("hub/tiny")).resolve("gguf");
    Path hf = Golden.path("train/hf");
    List<String> export = List.of("--to", "gguf", "--dtype", "fp32", "--out", gguf.toString());
    List<String> command = new ArrayList<>(List.of("model", "export", "--model", hf.toString()));
    command.addAll(export);
    CommandRun exported = CommandRun.of(command);
    assertThat(exported.code()).as(exported.errors()).isZero();
    model("tiny/adapter", Golden.path("train/lora_init"));
    String[] question = {
      "--image",
      Golden.path("train/images").resolve("00.png").toString(),
      "--prompt",
      "Hello",
      "--max-new-tokens",
      "6",
      "--ignore-eos",
      "--json",
      "--template",
      "v1"
    };
    String id = "tiny/gguf/model-fp32.gguf";
    JsonNode byId =
        ids(run(with(question, "generate", "--model", id, "--adapter", "tiny/adapter=some")));
    assertThat(byId)
        .hasSize(6)
        .isEqualTo(ids(run(with(question, "generate", "--model", hf.toString()))));
    Ran unnamed = run(with(question, "generate", "--model", "tiny/gguf"));
    assertThat(unnamed.code()).isEqualTo(1);
    assertThat(unnamed.errors())
        .contains(
            "(found mmproj-model-fp32.gguf, model-fp32.gguf); name one, such as"
                + " tiny/gguf/model-fp32.gguf");
  }

  /// The cache is emptied in between: whatever opens the run's adapter or its checkpoint fetches
  /// what they were made of.
  @Test
  void aRunOfPartsOfTheHubIsOpenedAgainByTheirIds() throws Exception {
    model("tiny/decoder", ComposedModel.decoder(directory));
    model("tiny/tower", ComposedModel.TOWER);
    Path run = directory.resolve("run");
    String parts = "vision: { path: tiny/tower }, decoder: { path: tiny/decoder }";
    trained(ComposedModel.recipe(run, parts, ComposedModel.LORA));
    Path adapter = run.resolve("final/adapter");
    JsonNode config = new ObjectMapper().readTree(adapter.resolve("adapter_config.json").toFile());
    assertThat(config.get("base_model_name_or_path").asText()).isEqualTo("tiny/decoder");
    assertThat(config.get("revision").asText()).isEqualTo(HubServer.commit("tiny/decoder"));
    assertThat(
            new ObjectMapper()
                .readTree(adapter.resolve("config.json").toFile())
                .get("mm_vision_tower")
                .asText())
        .isEqualTo("tiny/tower");

    Path cache = directory.resolve("hf");
    TinyRun.delete(cache);
    Path evaluation =
        Files.writeString(
            directory.resolve("eval.yaml"),
            """
            name: test
            threads: 1
            generation: { precision: fp32, max_new_tokens: 4 }
            tasks: [ {type: exact_match, questions: %s, images: %s} ]
            """
                .formatted(directory.resolve("q.jsonl"), Golden.path("train/images")));
    Files.writeString(
        directory.resolve("q.jsonl"),
        "{\"question_id\": 1, \"image\": \"00.png\", \"text\": \"What?\", \"answer\": \"a\"}\n");
    Ran asked =
        run(
            "eval",
            evaluation.toString(),
            "--model",
            adapter.toString(),
            "--out",
            directory.resolve("asked").toString());
    assertThat(asked.code()).as(asked.errors()).isZero();
    assertThat(asked.out()).contains("adapter, exact_match: 1 of 1 answered");
    assertThat(cache.resolve("hub/models--tiny--decoder")).exists();
    assertThat(cache.resolve("hub/models--tiny--tower")).exists();
    String[] question = {"--raw", "--prompt", "Hello", "--max-new-tokens", "6", "--json"};
    JsonNode merged = ids(run(with(question, "generate", "--model", run + "/final")));
    assertThat(ids(run(with(question, "generate", "--model", adapter.toString()))))
        .isEqualTo(merged);

    TinyRun.delete(cache);
    Path checkpoint = run.resolve("stages/adapt/step-000002");
    Path more = directory.resolve("more");
    trained(ComposedModel.recipe(more, "path: " + checkpoint, "projector: { lr: 0 }"));
    assertThat(ids(run(with(question, "generate", "--model", more + "/final")))).isEqualTo(merged);
  }

  private void trained(Path recipe) throws Exception {
    Ran ran = run("train", recipe.toString());
    assertThat(ran.code()).as(ran.errors()).isZero();
  }

  @Test
  void whatCannotBeHadIsSaid() throws Exception {
    Ran unknown = run("model", "pull", "tiny/lava");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.out()).isEmpty();
    assertThat(unknown.errors())
        .contains(
            "tiny/lava: no directory here, and the hub has no such model or does not show it (HTTP 401");
    assertThat(run("model", "pull", "tiny").errors())
        .contains(
            "'tiny': not the id of a model (expected OWNER/NAME or OWNER/NAME/FILE.gguf, and perhaps"
                + " @REVISION)");
    assertThat(run("model", "pull", "tiny/llava", "--revision", "v9").errors())
        .contains("tiny/llava@v9: the model has no revision 'v9'");
  }

  /// A limit on the size of files stands for a full disk.
  @Test
  void aFullDiskIsNamedAndWhatCameIsKept() throws Exception {
    Ran full =
        run(
            List.of("sh", "-c", "ulimit -f 100 && exec \"$@\"", "sh"),
            "model",
            "pull",
            "tiny/llava");
    assertThat(full.code()).isEqualTo(1);
    assertThat(full.errors())
        .contains(
            "tiny/llava: model.safetensors: cannot write to "
                + directory.resolve("hf/hub")
                + " (File too large); make room");
    assertThat(run("model", "pull", "tiny/llava").code()).isZero();
    assertThat(server.requests().getLast().range()).startsWith("bytes=");
  }

  private static String[] with(String[] more, String... first) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
  }

  private static JsonNode ids(Ran ran) throws IOException {
    assertThat(ran.code()).as(ran.errors()).isZero();
    return new ObjectMapper().readTree(ran.out()).get("new_ids");
  }

  private record Ran(int code, String out, String errors) {}

  private Ran run(String... arguments) throws Exception {
    return run(List.of(), arguments);
  }

  private Ran run(List<String> before, String... arguments) throws Exception {
    Path errors = directory.resolve("errors");
    ProcessBuilder builder =
        OwnProcess.of(before, List.of(arguments)).redirectError(errors.toFile());
    builder.environment().put("HF_HUB_OFFLINE", "0");
    builder.environment().put("HF_HOME", directory.resolve("hf").toString());
    builder.environment().put("HF_ENDPOINT", server.endpoint());
    builder.environment().remove("HF_TOKEN");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Ran(process.waitFor(), out, Files.readString(errors));
  }
}
