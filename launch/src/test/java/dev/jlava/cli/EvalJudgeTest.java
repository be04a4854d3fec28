package dev.jlava.cli;

import static dev.jlava.testing.ChatServer.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.ChatServer;
import dev.jlava.testing.ChatServer.Behaviour;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `./jlava eval` of a LLaVA-Bench with a judge over HTTP.
final class EvalJudgeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REFERENCE = "A golden answer";

  @TempDir private Path directory;

  private ChatServer server;

  @BeforeEach
  void start() throws IOException {
    // The reference is worth 8 in either place, the model 4 or, about the second question, 6.
    server =
        ChatServer.start(asked -> {
          String model = asked.question().contains("Question 1?") ? "6" : "4";
          boolean first = asked.question().contains("[Assistant 1]\n" + REFERENCE);
          return first ? "8 " + model : model + " 8";
        });
    StringBuilder questions = new StringBuilder();
    StringBuilder answers = new StringBuilder();
    StringBuilder context = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      questions.append(
          "{\"question_id\": %d, \"image\": \"0%d.png\", \"category\": \"%s\", \"text\": \"Question %d?\"}\n"
              .formatted(i, i, i == 1 ? "detail" : "conv", i));
      answers.append("{\"question_id\": %d, \"text\": \"%s\"}\n".formatted(i, REFERENCE));
      context.append("{\"image\": \"0%d.png\", \"caption\": \"A shape.\"}\n".formatted(i));
    }
    Files.writeString(directory.resolve("questions.jsonl"), questions);
    Files.writeString(directory.resolve("reference.jsonl"), answers);
    Files.writeString(directory.resolve("context.jsonl"), context);
    Files.writeString(
        directory.resolve("eval.yaml"),
        """
        name: judged
        template: vicuna_v1
        threads: 1
        generation: { precision: fp32, max_new_tokens: 4 }
        tasks:
          - type: llava_bench
            questions: %1$s/questions.jsonl
            answers: %1$s/reference.jsonl
            context: %1$s/context.jsonl
            images: %2$s
            judge: { base_url: "%3$s", model: judge-1 }
        """
            .formatted(directory, Golden.path("train/images"), server.baseUrl()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private CommandRun eval(String... settings) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("eval", directory.resolve("eval.yaml").toString()));
    arguments.addAll(List.of("--model", Golden.path("train/hf").toString()));
    arguments.addAll(List.of("--out", directory.resolve("out").toString()));
    for (String setting : settings) {
      arguments.addAll(List.of("--set", setting));
    }
    return CommandRun.of(arguments);
  }

  private JsonNode score() throws IOException {
    return JSON.readTree(directory.resolve("out/models/hf/llava_bench/score.json").toFile());
  }

  @Test
  void theJudgesScoresAreTheTasksAndAreAskedForOnce() throws IOException {
    CommandRun run = eval();
    assertThat(run.errors()).isEmpty();
    assertThat(run.code()).isZero();
    // Both orders of three questions.
    assertThat(server.asked()).hasSize(6);
    Path home = directory.resolve("out/models/hf/llava_bench");
    assertThat(Files.readAllLines(home.resolve("reviews.jsonl"))).hasSize(6);
    JsonNode categories =
        JSON.readTree(directory.resolve("out/judge/llava_bench/judge.json").toFile())
            .at("/models/0/categories");
    assertThat(categories.get(0).get("category").asText()).isEqualTo("all");
    assertThat(categories.get(0).at("/relative/estimate").asDouble()).isEqualTo(100 * 14 / 24.0);
    JsonNode score = score();
    assertThat(score.at("/headline/value").asDouble()).isEqualTo(58.3);
    assertThat(Files.readString(directory.resolve("out/report.md"))).contains("58.3");

    CommandRun again = eval();
    assertThat(again.code()).isZero();
    assertThat(server.asked()).hasSize(6);
    assertThat(score().get("headline")).isEqualTo(score.get("headline"));
  }

  /// Of the first question no order has scores. LLaVA's rule makes (4 + 6 - 1) of (8 + 8 - 1) of
  /// it; left out, 10 of 16 points remain.
  @Test
  void verdictsWithoutScoresCountAsTheJudgeIsToldTo() throws IOException {
    server.next(says("Both are lovely."), says("Neither is."));
    assertThat(eval("tasks.0.judge.concurrency=1").code()).isZero();
    assertThat(score().at("/headline/value").asDouble()).isEqualTo(62.5);
    assertThat(score().at("/notes/0").asText())
        .isEqualTo("reviews: all: 2 reviews without scores are left out");

    server.next(says("Both are lovely."));
    CommandRun compat =
        eval(
            "tasks.0.judge.concurrency=1",
            "tasks.0.judge.compat=llava",
            "tasks.0.judge.cache=" + directory.resolve("other"));
    assertThat(compat.errors()).isEmpty();
    assertThat(score().at("/headline/value").asDouble()).isEqualTo(60);
  }

  @Test
  void aJudgeThatGivesNoScoresLeavesNoOtherJudgesScore() throws IOException {
    assertThat(eval().code()).isZero();
    double before = score().at("/headline/value").asDouble();
    server.next(Collections.nCopies(6, says("Both are lovely.")).toArray(Behaviour[]::new));
    CommandRun run = eval("tasks.0.judge.model=judge-2");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errors()).contains("the judge judge-2 gave no scores that can be read");
    assertThat(directory.resolve("out/models/hf/llava_bench/score.json")).doesNotExist();
    assertThat(report()).doesNotContain("58.3");
    assertThat(eval().code()).isZero();
    assertThat(score().at("/headline/value").asDouble()).isEqualTo(before);
    assertThat(report()).contains("58.3");
  }

  private String report() throws IOException {
    return Files.readString(directory.resolve("out/report.md"));
  }

  private CommandRun judge(String... settings) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("judge", directory.resolve("eval.yaml").toString()));
    arguments.addAll(List.of("--set", "output=" + directory.resolve("out")));
    for (String setting : settings) {
      arguments.addAll(List.of("--set", setting));
    }
    return CommandRun.of(arguments);
  }

  /// `judge` leaves what `eval` leaves: the score and the report are those of the new verdicts.
  @Test
  void anotherJudgesVerdictsAreScoredAndReportedAtOnce() throws IOException {
    assertThat(eval().code()).isZero();
    JsonNode before = score();
    assertThat(judge().code()).isZero();
    assertThat(score()).isEqualTo(before);
    server.next(Collections.nCopies(6, says("8 8")).toArray(Behaviour[]::new));
    CommandRun run = judge("tasks.0.judge.model=judge-2");
    assertThat(run.code()).as(run.errors()).isZero();
    assertThat(score().at("/headline/value").asDouble()).isEqualTo(100);
    assertThat(report()).contains("100.0").doesNotContain("58.3");
    server.next(Collections.nCopies(6, says("Lovely.")).toArray(Behaviour[]::new));
    assertThat(judge("tasks.0.judge.model=judge-3").code()).isEqualTo(1);
    assertThat(directory.resolve("out/models/hf/llava_bench/score.json")).doesNotExist();
    assertThat(report()).doesNotContain("100.0");
  }

  /// Whatever breaks it off then, no report of the older verdicts is left.
  @Test
  void thereIsNoReportWhileAJudgeIsAsked() throws IOException {
    assertThat(eval().code()).isZero();
    server.close();
    List<Boolean> reports = Collections.synchronizedList(new ArrayList<>());
    server =
        ChatServer.start(asked -> {
          reports.add(Files.exists(directory.resolve("out/report.html")));
          return "8 8";
        });
    String url = "tasks.0.judge.base_url=" + server.baseUrl();
    assertThat(eval(url, "tasks.0.judge.model=judge-2").code()).isZero();
    assertThat(report()).contains("100.0", "./jlava eval ");
    assertThat(judge(url, "tasks.0.judge.model=judge-3").code()).isZero();
    assertThat(report()).contains("100.0", "./jlava eval ");
    assertThat(reports).hasSize(12).containsOnly(false);
  }

  /// Six verdicts of 100 and 10 tokens.
  @Test
  void whatTheVerdictsCostStaysWhenTheyAreAskedForNoMore() throws IOException {
    String[] prices = {
      "tasks.0.judge.budget.input_price=1000", "tasks.0.judge.budget.output_price=5000"
    };
    for (int i = 0; i < 2; i++) {
      assertThat(eval(prices).code()).isZero();
      assertThat(server.asked()).hasSize(6);
      JsonNode cost = JSON.readTree(directory.resolve("out/report.json").toFile()).at("/judged/0");
      assertThat(cost.get("tokens").asInt()).isEqualTo(660);
      assertThat(cost.get("cost").asDouble()).isCloseTo(0.9, within(1e-12));
      assertThat(cost.get("seconds").asDouble()).isPositive();
    }
  }

  /// A judge who prefers what it reads first, so that the close answers to question 1 flip.
  @Test
  void aJudgesBiasAndFlipsAreInTheReport() throws IOException {
    server.close();
    server =
        ChatServer.start(asked -> {
          boolean first = asked.question().contains("[Assistant 1]\n" + REFERENCE);
          String says = first ? "The reference is first." : "The model is first.";
          boolean close = asked.question().contains("Question 1?");
          return (first ? "9 " + (close ? 8 : 4) : close ? "9 8" : "6 8") + "\n" + says;
        });
    CommandRun run = eval("tasks.0.judge.base_url=" + server.baseUrl());
    assertThat(run.errors()).isEmpty();
    JsonNode judged = JSON.readTree(directory.resolve("out/report.json").toFile()).at("/judged/0");
    // Leads of -5 and -2, of -1 and +1.
    assertThat(judged.at("/bias/mean").asDouble()).isCloseTo((1.5 + 1 + 1.5) / 3, within(1e-12));
    assertThat(judged.path("flipped").asInt()).isEqualTo(1);
    assertThat(judged.at("/disagreements/0/questionId").asText()).isEqualTo("1");
    assertThat(Files.readString(directory.resolve("out/report.html")))
        .contains("llava_bench · hf · question 1 · flips with the order · 2.0 points apart")
        .contains("<pre>9 8\nThe reference is first.</pre>", "<pre>9 8\nThe model is first.</pre>")
        .contains("warning: the first place is worth +1.33 points");
    assertThat(Files.readString(directory.resolve("out/report.md")))
        .contains("Warning: llava\\_bench, hf: the first place is worth +1.33 points.");
  }
}
