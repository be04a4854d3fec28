package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.ChatServer;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private CommandRun eval() {
    return CommandRun.of(
        List.of(
            "eval",
            directory.resolve("eval.yaml").toString(),
            "--model",
            Golden.path("train/hf").toString(),
            "--out",
            directory.resolve("out").toString()));
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
    JsonNode score = JSON.readTree(home.resolve("score.json").toFile());
    assertThat(score.at("/headline/value").asDouble()).isEqualTo(58.3);
    assertThat(Files.readString(directory.resolve("out/report.md"))).contains("58.3");

    CommandRun again = eval();
    assertThat(again.code()).isZero();
    assertThat(server.asked()).hasSize(6);
    assertThat(JSON.readTree(home.resolve("score.json").toFile()).get("headline"))
        .isEqualTo(score.get("headline"));
  }
}
