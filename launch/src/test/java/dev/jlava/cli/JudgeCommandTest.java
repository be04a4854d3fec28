package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.ChatServer;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JudgeCommandTest {
  @TempDir private Path directory;

  private ChatServer server;

  /// What a run of the command left behind.
  private record Ran(int code, String out, String err) {}

  private static Ran run(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Main.run(new PrintWriter(out), new PrintWriter(err), arguments.toArray(String[]::new));
    return new Ran(code, out.toString(), err.toString());
  }

  @BeforeEach
  void files() throws IOException {
    server = ChatServer.start(asked -> asked.question().contains("mine\n\n[End") ? "8 6" : "8 9");
    StringBuilder questions = new StringBuilder();
    StringBuilder context = new StringBuilder();
    StringBuilder answers = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      questions.append(
          "{\"question_id\": %d, \"image\": \"%d.jpg\", \"category\": \"conv\", \"text\": \"Q%d?\"}\n"
              .formatted(i, i, i));
      context.append("{\"image\": \"%d.jpg\", \"caption\": \"C%d\"}\n".formatted(i, i));
      answers.append(
          "{\"question_id\": %d, \"text\": \"A%d, %%s\", \"seconds\": 0.5}\n".formatted(i, i));
    }
    write("questions.jsonl", questions.toString());
    write("context.jsonl", context.toString());
    write("reference.jsonl", answers.toString().formatted("right", "right", "right"));
    write("mine.jsonl", answers.toString().formatted("mine", "mine", "mine"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text).toString();
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  private List<String> judge(String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("judge", "--questions", path("questions.jsonl")));
    arguments.addAll(List.of("--reference", path("reference.jsonl")));
    arguments.addAll(List.of("--context", path("context.jsonl")));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private List<String> remote(String... more) {
    List<String> arguments = judge("--base-url", server.baseUrl(), "--model", "judge-1");
    arguments.addAll(List.of(more));
    return arguments;
  }

  @Test
  void theTextIsLlavasSummaryAsScorePrintsIt() {
    Ran ran = run(remote("--answers", path("mine.jsonl"), "--compat", "llava"));
    assertThat(ran.code()).as(ran.err()).isZero();
    Ran score = run(List.of("score", "llava_bench", "--answers", path("judge/mine/reviews.jsonl")));
    assertThat(score.out()).startsWith("reviews\nall 75.0 80.0 60.0\nllava_bench_conv 75.0");
    assertThat(ran.out()).startsWith(score.out().replace("reviews\n", "mine\n"));
    assertThat(ran.err())
        .contains("jlava: mine: 3 of 3 verdicts\n", "jlava: wrote " + path("judge/judge.json"));
  }

  @Test
  void severalModelsAreNamedAndCompared() throws IOException {
    write("models/tuned/llava_bench/answers.jsonl", Files.readString(Path.of(path("mine.jsonl"))));
    Ran ran =
        run(
            remote(
                "--answers",
                path("models/tuned/llava_bench/answers.jsonl"),
                "base=" + path("reference.jsonl"),
                "--out",
                path("out"),
                "--set",
                "orders=reference_first"));
    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("tuned\n", "base\n", "tuned - base: all: ", "p = 0.2500");
    assertThat(directory.resolve("out/base/reviews.jsonl")).exists();
    Ran twice = run(remote("--answers", path("mine.jsonl"), path("mine.jsonl")));
    assertThat(twice.code()).isEqualTo(1);
    assertThat(twice.err()).contains("two models are called mine; name them");
  }

  @Test
  void anEvaluationsFileNamesItAll() throws IOException {
    for (String label : List.of("a", "b")) {
      write(
          "run/models/" + label + "/bench/answers.jsonl",
          Files.readString(Path.of(path("mine.jsonl"))));
    }
    String file =
        write(
            "eval.yaml",
            """
            name: bench
            output: %s
            tasks:
              - type: llava_bench
                name: bench
                questions: %s
                answers: %s
                context: %s
                judge: { base_url: '%s', model: judge-1, budget: { max_requests: 4 }, concurrency: 1 }
            """
                .formatted(
                    path("run"),
                    path("questions.jsonl"),
                    path("reference.jsonl"),
                    path("context.jsonl"),
                    server.baseUrl()));
    Ran poor = run(List.of("judge", file));
    assertThat(poor.code()).isEqualTo(1);
    assertThat(poor.err()).contains("jlava: 4 verdicts are missing: the budget is used up");
    assertThat(server.asked()).hasSize(4);
    Ran ran = run(List.of("judge", file, "--set", "tasks.bench.judge.budget.max_requests=9"));
    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("a - b: all: +0.0 points", "6 from the cache");
    assertThat(server.asked()).hasSize(6);
    assertThat(directory.resolve("run/models/b/bench/reviews.jsonl")).exists();
    assertThat(directory.resolve("run/judge/bench/judge.json")).exists();
    var score =
        new ObjectMapper().readTree(Path.of(path("run/models/b/bench/score.json")).toFile());
    assertThat(score.at("/headline/name").asText()).isEqualTo("relative score");
    assertThat(score.get("name").asText()).isEqualTo("bench");
    // A model that was asked some of the questions only.
    write(
        "run/models/b/bench/answers.jsonl",
        "{\"question_id\": 1, \"text\": \"A1, mine\", \"seconds\": 0.5}\n");
    assertThat(run(List.of("judge", file)).out())
        .contains("a - b: all: +0.0 points -, p = 1.0000 (1");
    // Another task of the same directory: each keeps its own figures, the replies are shared.
    write("run/models/a/other/answers.jsonl", Files.readString(Path.of(path("mine.jsonl"))));
    String figures = Files.readString(Path.of(path("run/judge/bench/judge.json")));
    Ran directly = run(remote("--answers", path("run"), "--task", "other"));
    assertThat(directly.code()).as(directly.err()).isZero();
    assertThat(directly.err()).contains("wrote " + path("run/judge/other/judge.json"));
    assertThat(server.asked()).hasSize(6);
    assertThat(directory.resolve("run/models/a/other/reviews.jsonl")).exists();
    assertThat(directory.resolve("run/judge/bench/judge.json")).hasContent(figures);
    assertThat(directory.resolve("run/judge")).isDirectoryNotContaining("glob:**.json");
    Ran none = run(remote("--answers", path("run")));
    assertThat(none.err()).contains("no answers (looked for models/*/llava_bench/answers.jsonl)");
    assertThat(run(List.of("judge", file, "--rule", "x.json")).code()).isEqualTo(2);
  }

  /// The judge sees what the questions are about: each request carries its image's bytes.
  @Test
  void aJudgeIsShownTheImages() throws IOException {
    List<byte[]> pictures = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Path picture = Golden.path("train/images/0" + i + ".png");
      pictures.add(Files.readAllBytes(picture));
      Files.copy(picture, directory.resolve(i + ".jpg"));
    }
    List<String> arguments = remote("--answers", path("mine.jsonl"), "--images", path(""));
    arguments.addAll(List.of("--set", "show_images=true", "--set", "orders=reference_first"));
    arguments.addAll(List.of("--set", "concurrency=1"));
    Ran ran = run(arguments);
    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(server.asked()).hasSize(3);
    for (int i = 0; i < 3; i++) {
      var content = server.asked().get(i).body().at("/messages/1/content");
      assertThat(content).hasSize(2);
      assertThat(content.at("/0/type").asText()).isEqualTo("image_url");
      String url = content.at("/0/image_url/url").asText();
      assertThat(url).startsWith("data:image/").contains(";base64,");
      assertThat(Base64.getDecoder().decode(url.substring(url.indexOf(',') + 1)))
          .isEqualTo(pictures.get(i));
      assertThat(content.at("/1/text").asText()).contains("Q" + i + "?");
    }
    Ran none = run(remote("--answers", path("mine.jsonl"), "--set", "show_images=true"));
    assertThat(none.err()).contains("show_images: the folder of the images is not given (images)");
  }

  @Test
  void aModelOnThisMachineJudgesToo() throws IOException {
    write("questions.jsonl", "{\"question_id\": 0, \"category\": \"x\", \"text\": \"Q?\"}\n");
    write("reference.jsonl", "{\"question_id\": 0, \"text\": \"<image>\"}\n");
    write("mine.jsonl", "{\"question_id\": 0, \"text\": \"no\"}\n");
    String rule = write("rule.json", "{\"default\": {\"role\": \"A\", \"prompt\": \"Score.\"}}");
    List<String> arguments = new ArrayList<>(judge("--answers", path("mine.jsonl")));
    arguments.subList(arguments.indexOf("--context"), arguments.indexOf("--answers")).clear();
    arguments.addAll(List.of("--model-path", Golden.path("llava/hf").toString(), "--rule", rule));
    arguments.addAll(List.of("--set", "max_tokens=4", "--set", "precision=fp32"));
    Ran ran = run(arguments);
    // An untrained model has no opinion, but every reply is kept.
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.err()).contains("gave no scores that can be read (found none in 2 verdicts");
    List<String> reviews = Files.readAllLines(directory.resolve("judge/mine/reviews.jsonl"));
    assertThat(reviews).hasSize(2);
    var review = new ObjectMapper().readTree(reviews.getFirst());
    assertThat(review.get("content").asText()).isNotEmpty();
    assertThat(review.get("completion_tokens").asInt()).isEqualTo(4);
    assertThat(review.get("judge").asText()).startsWith("hf@");
    assertThat(run(arguments).code()).isEqualTo(1);
    assertThat(Files.readAllLines(directory.resolve("judge/mine/reviews.jsonl")))
        .hasSize(2)
        .allMatch(line -> line.contains("\"cached\":true"));
  }

  @Test
  void wrongUsageIsExplained() {
    assertThat(run(List.of("judge", "--questions", "q")))
        .satisfies(ran -> assertThat(ran.code()).isEqualTo(2))
        .satisfies(ran -> assertThat(ran.err()).contains("--reference is needed"));
    assertThat(run(judge("--answers", path("mine.jsonl"))).err())
        .contains("judge:1:1: base_url: missing (a judge is base_url and model, or model_path)")
        .contains("judge:1:1: model: missing");
    assertThat(run(remote("--answers", "a", "--set", "sample=2", "--set", "timeout=0")).err())
        .contains("sample: unknown key")
        .contains("Did you mean samples?")
        .contains("timeout: expected a number above 0 (found '0')");
    assertThat(run(remote("--answers", "a", "--set", "budget.max_cost=1")).err())
        .contains("budget.max_cost: needs prices");
    assertThat(run(remote("--answers", "a", "--compat", "llava", "--set", "samples=2")).err())
        .contains("samples: compat: llava asks once (found 2)");
    assertThat(run(remote("--answers", "a", "--model-path", "m")).err())
        .contains("base_url: model_path gives a judge that needs no API");
    Ran key = run(remote("--answers", path("mine.jsonl"), "--api-key-env", "JLAVA_TEST_NO_KEY"));
    assertThat(key.code()).isEqualTo(1);
    assertThat(key.err()).contains("the environment variable JLAVA_TEST_NO_KEY is not set");
    assertThat(server.asked()).isEmpty();
  }

  @Test
  void helpListsTheKeys() {
    assertThat(run(List.of("judge", "--help")).out())
        .contains("--answers", "--reference", "requests_per_minute", "budget.max_cost")
        .contains("how often each order is asked (1)");
  }
}
