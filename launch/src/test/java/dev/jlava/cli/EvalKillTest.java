package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.testing.ChatServer;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Evaluations and judges that are killed, each in a process of its own: what was answered is not
/// asked for again, and what comes out is what a straight run gives.
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class EvalKillTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int QUESTIONS = 30;
  private static final int VERDICTS = 2 * QUESTIONS;

  @TempDir private Path directory;
  private ChatServer server;

  @BeforeEach
  void files() throws IOException {
    // Slow enough to be killed on the way. The model is worth 3 or 5, the reference always 8.
    server =
        ChatServer.start(asked -> {
          pause();
          String points = asked.question().contains("0?") ? "5" : "3";
          boolean first = asked.question().contains("[Assistant 1]\nA golden answer");
          return first ? "8 " + points : points + " 8";
        });
    StringBuilder questions = new StringBuilder();
    StringBuilder reference = new StringBuilder();
    StringBuilder answers = new StringBuilder();
    for (int i = 0; i < QUESTIONS; i++) {
      questions.append(
          "{\"question_id\": %d, \"image\": \"%02d.png\", \"text\": \"Question %d?\"}\n"
              .formatted(i, i % 4, i));
      reference.append("{\"question_id\": %d, \"text\": \"A golden answer\"}\n".formatted(i));
      answers.append("{\"question_id\": %d, \"text\": \"A plain answer\"}\n".formatted(i));
    }
    Files.writeString(directory.resolve("questions.jsonl"), questions);
    Files.writeString(directory.resolve("reference.jsonl"), reference);
    Files.writeString(directory.resolve("mine.jsonl"), answers);
    Files.writeString(
        directory.resolve("eval.yaml"),
        """
        name: killed
        template: vicuna_v1
        threads: 1
        generation: { precision: fp32, max_new_tokens: 12, batch: 1 }
        tasks:
          - type: llava_bench
            questions: %1$s/questions.jsonl
            answers: %1$s/reference.jsonl
            images: %2$s
            judge: { base_url: "%3$s", model: judge-1, concurrency: 1 }
        """
            .formatted(directory, Golden.path("train/images"), server.baseUrl()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Process eval(String out) throws IOException {
    return OwnProcess.start(
        "eval",
        directory.resolve("eval.yaml").toString(),
        "--model",
        Golden.path("train/hf").toString(),
        "--out",
        directory.resolve(out).toString());
  }

  @Test
  void anEvaluationThatIsKilledEndsAsAStraightOneDoes() throws Exception {
    assertThat(eval("straight").waitFor()).isZero();
    assertThat(server.asked()).hasSize(VERDICTS);

    Path home = directory.resolve("killed/models/hf/llava_bench");
    Path part = home.resolve("answers.1-of-1.jsonl");
    String kept = "";
    int killedInAnswers = 0;
    for (int lines : new int[] {1, 8, 20}) {
      Process process = eval("killed");
      while (process.isAlive() && wholeLines(part).lines().count() < lines) {
        Thread.sleep(1);
      }
      killedInAnswers += process.isAlive() ? 1 : 0;
      process.destroyForcibly().waitFor();
      String now = wholeLines(part);
      assertThat(now).as("not one is generated again").startsWith(kept);
      kept = now;
    }
    assertThat(killedInAnswers).as("killed while it answered").isEqualTo(3);
    assertThat(kept.lines().count()).isBetween(20L, (long) QUESTIONS);

    Path cache = directory.resolve("killed/judge-cache");
    for (int replies : new int[] {3, 25}) {
      killAfter(eval("killed"), cache, replies);
    }
    assertThat(Files.readAllLines(home.resolve("answers.jsonl")))
        .containsAll(kept.lines().toList());
    asksWhatIsMissing(cache, () -> assertThat(eval("killed").waitFor()).isZero());

    assertThat(answers("killed")).hasSize(QUESTIONS).isEqualTo(answers("straight"));
    for (String file : new String[] {"score.json", "reviews.jsonl"}) {
      Path other = directory.resolve("straight/models/hf/llava_bench").resolve(file);
      assertThat(numbers(home.resolve(file))).as(file).isEqualTo(numbers(other));
    }
    assertThat(home.resolve("answers.1-of-1.jsonl")).doesNotExist();
    assertThat(directory.resolve("killed/report.html")).exists();
  }

  @Test
  void aJudgeThatIsKilledGoesOnWithTheVerdictsThatAreMissing() throws Exception {
    assertThat(judge("straight").waitFor()).isZero();
    assertThat(server.asked()).hasSize(VERDICTS);
    Path cache = directory.resolve("killed/judge-cache");
    for (int replies : new int[] {1, 10, 30}) {
      killAfter(judge("killed"), cache, replies);
      assertThat(directory.resolve("killed/mine/reviews.jsonl")).doesNotExist();
    }
    asksWhatIsMissing(cache, () -> assertThat(judge("killed").waitFor()).isZero());
    for (String file : new String[] {"mine/reviews.jsonl", "judge.json"}) {
      assertThat(numbers(directory.resolve("killed").resolve(file)))
          .as(file)
          .isEqualTo(numbers(directory.resolve("straight").resolve(file)));
    }
  }

  private Process judge(String out) throws IOException {
    return OwnProcess.start(
        "judge",
        "--answers",
        directory.resolve("mine.jsonl").toString(),
        "--questions",
        directory.resolve("questions.jsonl").toString(),
        "--reference",
        directory.resolve("reference.jsonl").toString(),
        "--base-url",
        server.baseUrl(),
        "--model",
        "judge-1",
        "--set",
        "concurrency=1",
        "--out",
        directory.resolve(out).toString());
  }

  /// Kills a process once so many replies are kept.
  private static void killAfter(Process process, Path cache, int replies) throws Exception {
    while (process.isAlive() && replies(cache) < replies) {
      Thread.sleep(1);
    }
    assertThat(process.isAlive()).as("killed while it judged").isTrue();
    process.destroyForcibly().waitFor();
    assertThat(replies(cache)).isLessThan(VERDICTS);
  }

  private interface Step {
    void run() throws Exception;
  }

  private void asksWhatIsMissing(Path cache, Step step) throws Exception {
    int kept = replies(cache);
    int asked = server.asked().size();
    step.run();
    assertThat(server.asked().size() - asked).isEqualTo(VERDICTS - kept);
    assertThat(replies(cache)).isEqualTo(VERDICTS);
  }

  private static int replies(Path cache) throws IOException {
    if (!Files.isDirectory(cache)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(cache)) {
      return (int) files.filter(file -> file.toString().endsWith(".json")).count();
    }
  }

  private static String wholeLines(Path file) throws IOException {
    String text = Files.exists(file) ? Files.readString(file) : "";
    return text.substring(0, text.lastIndexOf('\n') + 1);
  }

  private List<JsonNode> answers(String out) throws IOException {
    return numbers(directory.resolve(out).resolve("models/hf/llava_bench/answers.jsonl"));
  }

  /// A file's lines, or its one object, but for what differs between two equal runs.
  private static List<JsonNode> numbers(Path file) throws IOException {
    String text = Files.readString(file);
    List<JsonNode> all = new ArrayList<>();
    try (var values = JSON.readerFor(ObjectNode.class).<ObjectNode>readValues(text)) {
      while (values.hasNext()) {
        ObjectNode value = values.next();
        value.remove(List.of("seconds", "cached", "spent"));
        value.findParents("cached").forEach(one -> ((ObjectNode) one).remove("cached"));
        all.add(value);
      }
    }
    return all;
  }
}
