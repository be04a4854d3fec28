package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `./jlava eval` on the golden model: what is asked, kept, gone on with, refused and scored.
final class EvalCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path MODEL = Golden.path("train/hf");
  private static final Path IMAGES = Golden.path("train/images");
  private static final String[] QUESTIONS = {
    "What colour is the shape?", "Name the shape.", "How many shapes are there?"
  };

  @TempDir Path directory;

  @Test
  void everyAnswerIsKeptWithItsPromptAndCanBeScoredAgain() throws IOException {
    write();
    CommandRun run = eval("a");
    assertThat(run.errors()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("hf, exact_match: 13 of 13 answered", "accuracy");

    List<JsonNode> answers = answers("a", "exact_match");
    assertThat(answers).hasSize(13);
    JsonNode first = answers.getFirst();
    assertThat(first.get("question_id").isInt()).isTrue();
    assertThat(first.get("prompt").asText()).isEqualTo(QUESTIONS[0]);
    assertThat(first.get("rendered").asText())
        .endsWith("USER: <image>\n" + QUESTIONS[0] + " ASSISTANT:");
    assertThat(first.at("/images/0/path").asText()).isEqualTo(IMAGES.resolve("00.png").toString());
    assertThat(first.at("/images/0/sha256").asText()).matches("[0-9a-f]{64}");
    assertThat(first.get("reference")).isEqualTo(JSON.readTree("[\"red\", \"blue\"]"));
    assertThat(first.get("new_tokens").asInt()).isBetween(1, 8);
    assertThat(first.get("ending").asText()).isIn("end", "length");
    assertThat(first.get("shots").asInt()).isZero();
    JsonNode last = answers.getLast();
    assertThat(last.get("images")).isEmpty();
    assertThat(last.has("category")).isFalse();

    JsonNode facts = JSON.readTree(directory.resolve("a/eval.json").toFile());
    assertThat(facts.at("/settings/generation/precision").asText()).isEqualTo("fp32");
    assertThat(facts.at("/models/0/label").asText()).isEqualTo("hf");
    assertThat(facts.has("finished")).isTrue();

    JsonNode score = score("a", "exact_match");
    assertThat(score.get("per_question")).hasSize(13);
    assertThat(score.at("/headline/name").asText()).isEqualTo("accuracy");
    Path kept = directory.resolve("a/models/hf/exact_match/answers.jsonl");
    CommandRun again =
        CommandRun.of(
            List.of(
                "score",
                "exact_match",
                "--json",
                "--answers",
                kept.toString(),
                "--questions",
                directory.resolve("q.jsonl").toString()));
    assertThat(again.out()).startsWith(score.get("text").asText());
    assertThat(JSON.readTree(again.out().lines().toList().getLast()).get("scores"))
        .isEqualTo(score.get("figures"));
  }

  @Test
  void batchesAndShardsChangeNoAnswer() throws IOException {
    write();
    assertThat(eval("whole", "generation.batch=8").code()).isZero();
    assertThat(eval("single", "generation.batch=1").code()).isZero();
    for (String shard : new String[] {"3/3", "1/3", "2/3"}) {
      List<String> arguments = new ArrayList<>(arguments("shards"));
      arguments.addAll(List.of("--shard", shard));
      CommandRun run = CommandRun.of(arguments);
      assertThat(run.code()).isZero();
      assertThat(run.out().contains("This shard is done")).isEqualTo(!shard.equals("2/3"));
    }
    for (String task : new String[] {"exact_match", "shots"}) {
      assertThat(answers("single", task)).isEqualTo(answers("whole", task));
      assertThat(answers("shards", task)).isEqualTo(answers("whole", task));
    }
  }

  /// Questions are asked image by image; answers stand in the file's order.
  @Test
  void questionsAboutAnImageThatAreFarApartAreAnsweredAsThoseSideBySide() throws IOException {
    write();
    assertThat(eval("near").code()).isZero();
    Path questions = directory.resolve("q.jsonl");
    List<String> lines = new ArrayList<>(Files.readAllLines(questions));
    Collections.shuffle(lines, new Random(3));
    Files.write(questions, lines);
    assertThat(eval("far", "generation.batch=2").code()).isZero();
    for (String shard : new String[] {"2/2", "1/2"}) {
      List<String> arguments = new ArrayList<>(arguments("shards"));
      arguments.addAll(List.of("--shard", shard));
      assertThat(CommandRun.of(arguments).code()).isZero();
    }
    List<JsonNode> far = answers("far", "exact_match");
    List<String> ids = new ArrayList<>();
    for (String line : lines) {
      ids.add(JSON.readTree(line).get("question_id").asText());
    }
    assertThat(far).extracting(answer -> answer.get("question_id").asText()).isEqualTo(ids);
    assertThat(far).containsExactlyInAnyOrderElementsOf(answers("near", "exact_match"));
    assertThat(answers("shards", "exact_match")).isEqualTo(far);
    assertThat(score("far", "exact_match").at("/per_question/0/question_id").asText())
        .isEqualTo(ids.getFirst());
  }

  @Test
  void whatWasAnsweredBeforeAKillStays() throws IOException {
    write();
    assertThat(eval("a").code()).isZero();
    List<JsonNode> whole = answers("a", "exact_match");
    Path task = directory.resolve("a/models/hf/exact_match");
    String text = Files.readString(task.resolve("answers.jsonl"));
    int half = text.indexOf("question_id\":6,");
    String kept = text.substring(0, half + 40).replace("\"seconds\":", "\"seconds\":1000");
    Files.delete(task.resolve("answers.jsonl"));
    Files.writeString(task.resolve("answers.1-of-1.jsonl"), kept);

    CommandRun run = eval("a");
    assertThat(run.errors()).isEmpty();
    assertThat(run.out()).contains("hf, exact_match: 6 of 13 answered");
    assertThat(answers("a", "exact_match")).isEqualTo(whole);
    assertThat(Files.readString(task.resolve("answers.jsonl")).split("\"seconds\":1000", -1))
        .as("the six before the kill are kept as they were")
        .hasSize(7);
    assertThat(Files.exists(task.resolve("answers.1-of-1.jsonl"))).isFalse();
  }

  @Test
  void aLinkToAModelHasTheModelsHash() throws IOException {
    write();
    Path link = Files.createSymbolicLink(directory.resolve("hf"), MODEL.toAbsolutePath());
    for (String model : new String[] {MODEL.toString(), link.toString()}) {
      List<String> arguments =
          new ArrayList<>(arguments(model.equals(link.toString()) ? "l" : "m"));
      arguments.set(arguments.indexOf(MODEL.toString()), model);
      assertThat(CommandRun.of(arguments).code()).isZero();
    }
    String settings = "models/hf/exact_match/settings.json";
    assertThat(directory.resolve("l").resolve(settings))
        .hasSameTextualContentAs(directory.resolve("m").resolve(settings));
  }

  @Test
  void otherSettingsAndOtherQuestionsAreRefused() throws IOException {
    write();
    assertThat(eval("a").code()).isZero();
    CommandRun settings = eval("a", "generation.max_new_tokens=9", "generation.batch=3");
    assertThat(settings.code()).isEqualTo(1);
    assertThat(settings.errors())
        .contains(
            "holds answers to other settings; choose another --out, or take these changes back:",
            "  generation.max_new_tokens: was 8, is 9")
        .doesNotContain("batch");

    Path questions = directory.resolve("q.jsonl");
    Files.writeString(
        questions, Files.readString(questions).replaceFirst("Name the shape", "Name the form"));
    CommandRun other = eval("a");
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.errors())
        .contains("answers.jsonl:2: answers another question than the task asks there now");
  }

  @Test
  void examplesStandBeforeAQuestionAndAreNeverTheQuestionItself() throws IOException {
    write();
    assertThat(eval("a").code()).isZero();
    List<JsonNode> answers = answers("a", "shots");
    assertThat(answers).hasSize(12);
    List<String> drawn = new ArrayList<>();
    int same = 0;
    for (JsonNode answer : answers) {
      String rendered = answer.get("rendered").asText();
      assertThat(rendered.split("ASSISTANT:", -1)).hasSize(4);
      assertThat(rendered).contains("ASSISTANT: blue</s>");
      assertThat(answer.get("images")).hasSize(3);
      assertThat(answer.get("shots").asInt()).isEqualTo(2);
      List<String> images = new ArrayList<>();
      answer.get("images").forEach(image -> images.add(image.get("path").asText()));
      if (answer.get("prompt").asText().equals(QUESTIONS[0])) {
        assertThat(images.subList(0, 2)).doesNotContain(images.get(2));
        same++;
      }
      drawn.add(images.subList(0, 2).toString());
    }
    assertThat(same).as("questions that the pool holds too").isEqualTo(4);
    assertThat(drawn.stream().distinct().count()).as("not always the same ones").isGreaterThan(1);
  }

  @Test
  void allFaultsOfAnEvaluationAreToldAtOnceWithTheirPlaces() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("bad.yaml"),
            """
            name: bad
            tasks:
              - { type: popes, questions: q.jsonl }
              - { type: pope, questions: q.jsonl, split: test }
              - { type: exact_match, questions: q.jsonl, shots: 2 }
              - { type: exact_match, questions: q.jsonl, pool: p.jsonl }
            generation: { precision: fp16, batch: 0 }
            """);
    CommandRun run = CommandRun.of(List.of("eval", file.toString(), "--model", MODEL.toString()));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.errors().replace(file + ":", ""))
        .contains(
            "3:13: tasks.0.type: not allowed (found 'popes', allowed [",
            "Did you mean pope?",
            "4:5: tasks.1.annotations: missing (pope needs it)",
            "4:39: tasks.1.split: pope has no use for it (takes [annotations, questions, images])",
            "5:5: tasks.2.pool: missing (shots are drawn from it)",
            "6:5: tasks.3: another task has this name (found 'exact_match')",
            "6:46: tasks.3.pool: without shots nothing is drawn from it; give shots",
            "7:26: generation.precision: not allowed (found 'fp16', allowed [fp32, bf16])",
            "7:39: generation.batch: expected a whole number above 0 (found '0')");
  }

  @Test
  void whatIsMissingIsToldBeforeAModelLoads() throws IOException {
    write();
    assertThat(eval("a", "tasks.shots.shots=6").errors())
        .contains("pool.jsonl: 6 examples for 6 shots; a pool needs more than these");
    Path questions = directory.resolve("q.jsonl");
    Files.writeString(questions, Files.readString(questions).replace("03.png", "33.png"));
    CommandRun run = eval("a");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors())
        .contains(
            "q.jsonl:10: image ", "33.png: no such file; check images (pool_images for examples)");
    Files.writeString(
        questions, "{\"question_id\": 11, \"text\": \"Why?\"}\n", StandardOpenOption.APPEND);
    assertThat(eval("a").errors())
        .contains("q.jsonl:14: question_id 11 for the second time (first");
    CommandRun shard =
        CommandRun.of(List.of("eval", file().toString(), "--model", "m", "--shard", "3/2"));
    assertThat(shard.code()).isEqualTo(2);
    assertThat(shard.errors()).contains("--shard: out of range (found 3/2, expected 1/2 to 2/2)");
  }

  /// Whatever is trained, in whichever precision. The adapter's dropout draws as the run goes on.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "runtime.precision=fp32",
        "runtime.precision=bf16",
        "stages.align.train={projector: {lr: 1e-3}, decoder: {lr: 1e-2, adapter: {r: 4, dropout: 0.2}}}"
      })
  void evaluatingOnTheWayLeavesTheRunsNumbersAlone(String trained) throws IOException {
    TinyRun tiny = new TinyRun(directory);
    write();
    assertThat(tiny.train(trained, "output=" + tiny.output("plain")).code()).isZero();
    String eval =
        "eval={every: 2, samples: 3, generation: {precision: fp32, max_new_tokens: 4}, tasks: ["
            + task("")
            + "]}";
    CommandRun run = tiny.train(trained, "output=" + tiny.output("asked"), eval);
    assertThat(run.errors()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("align 4  exact_match: accuracy", "asked, exact_match: accuracy");

    assertThat(tiny.losses("asked")).hasSize(6).isEqualTo(tiny.losses("plain"));
    assertThat(tiny.weights("asked")).hasSameBinaryContentAs(tiny.weights("plain"));
    List<JsonNode> metrics = tiny.metrics("asked");
    for (int i = 0; i < 6; i++) {
      assertThat(metrics.get(i).has("eval")).isEqualTo(i % 2 == 1);
    }
    assertThat(metrics.get(1).at("/eval/exact_match").isNumber()).isTrue();
    Path steps = directory.resolve("asked/eval/steps/align-000002/exact_match");
    assertThat(Files.readAllLines(steps.resolve("answers.jsonl"))).hasSize(3);
    assertThat(answers("asked/eval", "asked", "exact_match")).hasSize(13);
  }

  @Test
  void aRecipesListOfTasksIsAskedAtTheEndAndOfAnyModel() throws IOException {
    TinyRun tiny = new TinyRun(directory);
    write();
    String eval = "eval=[" + task(", samples: 4") + "]";
    assertThat(tiny.train("stages.align.steps=1", eval).code()).isZero();
    assertThat(answers("run/eval", "run", "exact_match")).hasSize(4);
    assertThat(tiny.metrics("run").getFirst().has("eval")).isFalse();

    CommandRun run =
        CommandRun.of(
            List.of(
                "eval",
                directory.resolve("recipe.yaml").toString(),
                "--set",
                eval,
                "--model",
                MODEL.toString(),
                "--model",
                directory.resolve("run").toString(),
                "--out",
                directory.resolve("both").toString(),
                "--set",
                "eval.tasks.0.max_new_tokens=3"));
    assertThat(run.errors()).isEmpty();
    for (String model : new String[] {"hf", "run"}) {
      List<JsonNode> answers = answers("both", model, "exact_match");
      assertThat(answers).hasSize(4);
      assertThat(answers).allMatch(answer -> answer.get("new_tokens").asInt() <= 3);
    }
  }

  @Test
  void theEvaluationThatShipsBindsAndNamesItsSchema() throws IOException {
    Path file =
        Path.of(Objects.requireNonNull(System.getProperty("jlava.root")))
            .resolve("recipes/evaluations/llava-1.5.yaml");
    assertThat(Files.readString(file))
        .startsWith("# yaml-language-server: $schema=../eval.schema.json\n# ./jlava eval ");
    CommandRun run = CommandRun.of(List.of("eval", file.toString(), "--model", MODEL.toString()));
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors()).contains("llava_pope_test.jsonl: no such file");
  }

  private void write() throws IOException {
    StringBuilder questions = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      ObjectNode line = JSON.createObjectNode().put("question_id", i);
      line.put("image", "%02d.png".formatted(i / 3)).put("text", QUESTIONS[i % 3]);
      line.put("category", i % 2 == 0 ? "even" : "odd");
      line.set("answer", JSON.createArrayNode().add("red").add("blue"));
      questions.append(line).append('\n');
    }
    questions.append("{\"question_id\": 99, \"text\": \"Say hello.\", \"answer\": \"hello\"}\n");
    Files.writeString(directory.resolve("q.jsonl"), questions);
    StringBuilder pool = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      pool.append(
          "{\"question_id\": \"p%d\", \"image\": \"%02d.png\", \"text\": \"%s\", \"answer\": \"blue\"}\n"
              .formatted(i, i, QUESTIONS[0]));
    }
    Files.writeString(directory.resolve("pool.jsonl"), pool);
    Files.writeString(
        file(),
        """
        name: test
        template: vicuna_v1
        threads: 1
        generation: { precision: fp32, max_new_tokens: 8 }
        tasks: [ %s, %s ]
        """
            .formatted(
                task(""),
                task(
                    ", name: shots, samples: 12, shots: 2, pool: %s, pool_images: %s"
                        .formatted(directory.resolve("pool.jsonl"), IMAGES))));
  }

  private String task(String more) {
    return "{type: exact_match, questions: %s, images: %s%s}"
        .formatted(directory.resolve("q.jsonl"), IMAGES, more);
  }

  private Path file() {
    return directory.resolve("eval.yaml");
  }

  private List<String> arguments(String out) {
    return List.of(
        "eval",
        file().toString(),
        "--model",
        MODEL.toString(),
        "--out",
        directory.resolve(out).toString());
  }

  private CommandRun eval(String out, String... settings) {
    List<String> arguments = new ArrayList<>(arguments(out));
    for (String setting : settings) {
      arguments.addAll(List.of("--set", setting));
    }
    return CommandRun.of(arguments);
  }

  private List<JsonNode> answers(String out, String task) throws IOException {
    return answers(out, "hf", task);
  }

  /// The answers but for the time they took.
  private List<JsonNode> answers(String out, String model, String task) throws IOException {
    List<JsonNode> answers = new ArrayList<>();
    Path file = directory.resolve(out).resolve("models").resolve(model).resolve(task);
    for (String line : Files.readAllLines(file.resolve("answers.jsonl"))) {
      ObjectNode answer = (ObjectNode) JSON.readTree(line);
      answer.remove("seconds");
      answers.add(answer);
    }
    return answers;
  }

  private JsonNode score(String out, String task) throws IOException {
    return JSON.readTree(
        directory.resolve(out).resolve("models/hf").resolve(task).resolve("score.json").toFile());
  }
}
