package dev.jlava.eval.judge;

import static dev.jlava.testing.ChatServer.says;
import static dev.jlava.testing.ChatServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import dev.jlava.eval.judge.JudgeRun.Entrant;
import dev.jlava.eval.judge.JudgeRun.Outcome;
import dev.jlava.recipe.RecipeLoader;
import dev.jlava.testing.ChatServer;
import dev.jlava.train.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole runs against a judge over HTTP.
final class JudgeRunTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SECRET = "sk-test-0815-secret";

  @TempDir private Path directory;

  private JudgeFiles files;
  private ChatServer server;

  @BeforeEach
  void start() throws IOException {
    files = new JudgeFiles(directory);
    server = ChatServer.start(asked -> JudgeFiles.verdict(asked.question(), 0));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Outcome run(List<String> settings, Path... answers) throws InterruptedException {
    List<String> all =
        new ArrayList<>(
            List.of("base_url=" + server.baseUrl(), "model=judge-1", "api_key_env=KEY"));
    all.addAll(settings);
    Path out = directory.resolve("out");
    JudgeRun run =
        new JudgeRun(
            new RecipeJudge(RecipeLoader.judge(all), Map.of("KEY", SECRET), ModelSource::find),
            out,
            out.resolve("judge-cache"));
    List<Entrant> entrants =
        Stream.of(answers)
            .map(file -> {
              String label = file.getFileName().toString().replace(".jsonl", "");
              return new Entrant(label, file, out.resolve(label), false);
            })
            .toList();
    Pairs pairs =
        run.pairs(
            files.path("questions.jsonl"),
            files.path("reference.jsonl"),
            Optional.of(files.path("context.jsonl")),
            Optional.empty());
    return run.run(pairs, entrants, (label, done, count) -> {});
  }

  private JsonNode summary() throws IOException {
    return JSON.readTree(directory.resolve("out/judge.json").toFile());
  }

  private List<JsonNode> lines(String name) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("out").resolve(name))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  @Test
  void everyVerdictIsKeptAndScoresAreTheReferencesAndTheModels() throws Exception {
    Path answers = files.answers("mine", List.of(6, 9, 9, 4, 3, 8));
    Outcome outcome = run(List.of("samples=2"), answers);
    assertThat(outcome.missing()).isEmpty();
    List<JsonNode> reviews = lines("mine/reviews.jsonl");
    assertThat(reviews).hasSize(6 * 2 * 2);
    assertThat(server.asked()).hasSize(24);
    JsonNode last = reviews.get(3);
    assertThat(last.get("question_id").asInt()).isZero();
    assertThat(last.get("answer1_id").asText()).isEqualTo("r0");
    assertThat(last.get("answer2_id").asText()).isEqualTo("m0");
    assertThat(last.get("category").asText()).isEqualTo("llava_bench_conv");
    assertThat(last.get("order").asText()).isEqualTo("model_first");
    assertThat(last.get("sample").asInt()).isEqualTo(1);
    assertThat(last.get("content").asText()).isEqualTo("6 8\nBecause it says so.");
    assertThat(last.get("tuple").toString()).isEqualTo("[8.0,6.0]");
    assertThat(last.get("judge").asText()).isEqualTo("judge-1");
    assertThat(last.get("cached").asBoolean()).isFalse();
    assertThat(last.get("prompt_tokens").asInt()).isEqualTo(100);
    assertThat(
            directory
                .resolve("out/judge-cache")
                .resolve(last.get("request").asText().substring(0, 2)))
        .isDirectoryContaining("glob:**" + last.get("request").asText() + ".json");
    // 39 of 47 points; conv 10 of 16.
    JsonNode categories = summary().at("/models/0/categories");
    assertThat(categories.get(0).get("category").asText()).isEqualTo("all");
    assertThat(categories.get(0).at("/relative/estimate").asDouble())
        .isCloseTo(100 * 39 / 47.0, within(1e-9));
    assertThat(categories.get(2).at("/relative/estimate").asDouble()).isEqualTo(62.5);
    assertThat(categories.get(0).get("better").asInt()).isEqualTo(1);
    assertThat(categories.get(0).get("equal").asInt()).isEqualTo(1);
    assertThat(summary().at("/models/0/order/bias/estimate").asDouble()).isZero();
    assertThat(outcome.text())
        .startsWith("mine\nall 83.0 78.3 65.0\nllava_bench_complex 106.2 80.0 85.0\n")
        .contains("verdicts: 24 with scores, 0 without, 0 missing; 0 from the cache")
        .contains("samples: 12 of 12 pairs prefer the same answer")
        .contains("asked: 24 requests, 2400 prompt and 240 reply tokens\n");
  }

  @Test
  void aSecondRunAsksNothing() throws Exception {
    Path answers = files.answers("mine", List.of(6, 9, 9, 4, 3, 8));
    run(List.of(), answers);
    assertThat(server.asked()).hasSize(12);
    Outcome again = run(List.of(), answers);
    assertThat(server.asked()).hasSize(12);
    assertThat(again.text()).contains("12 from the cache").contains("asked: 0 requests");
    assertThat(lines("mine/reviews.jsonl")).allMatch(line -> line.get("cached").asBoolean());
    // One more answer: only its verdicts are asked for.
    run(List.of(), files.answers("mine", List.of(6, 9, 9, 4, 3, 7)));
    assertThat(server.asked()).hasSize(14);
  }

  @Test
  void aBrokenOffRunGoesOn() throws Exception {
    Path answers = files.answers("mine", List.of(6, 9, 9, 4, 3, 8));
    Outcome first = run(List.of("budget.max_requests=5", "concurrency=1"), answers);
    assertThat(first.missing()).hasSize(1).containsValue(7);
    assertThat(first.missing().keySet().iterator().next())
        .contains("budget.max_requests 5, used 5");
    assertThat(lines("mine/reviews.jsonl")).hasSize(5);
    assertThat(lines("mine/missing.jsonl")).hasSize(7);
    assertThat(first.text()).contains("5 with scores, 0 without, 7 missing");
    assertThat(first.text()).contains("4 questions left out");
    Outcome second = run(List.of(), answers);
    assertThat(second.missing()).isEmpty();
    assertThat(server.asked()).hasSize(12);
    assertThat(directory.resolve("out/mine/missing.jsonl")).doesNotExist();
  }

  @Test
  void theFirstPlacesBonusIsMeasuredAndCancels() throws Exception {
    server.close();
    server = ChatServer.start(asked -> JudgeFiles.verdict(asked.question(), 1));
    // Two answers are as good as the references, one is a point better, one a point worse.
    Outcome outcome = run(List.of(), files.answers("mine", List.of(6, 9, 7, 9, 5, 7)));
    JsonNode order = summary().at("/models/0/order");
    assertThat(order.at("/bias/estimate").asDouble()).isEqualTo(1);
    assertThat(order.at("/bias/low").asDouble()).isEqualTo(1);
    assertThat(order.get("questions").asInt()).isEqualTo(6);
    assertThat(outcome.text())
        .contains("the first place is worth +1.00 points [+1.00, +1.00]")
        .contains("WARNING: the first place is worth +1.00 points; read");
    // Equal answers flip; those one point apart are undecided in one order.
    assertThat(order.get("flipped").asInt()).isEqualTo(2);
    assertThat(order.get("tied").asInt()).isEqualTo(2);
    List<JsonNode> disagreements = lines("mine/disagreements.jsonl");
    assertThat(disagreements.get(0).get("flips").asBoolean()).isTrue();
    assertThat(disagreements.get(0).get("spread").asDouble()).isEqualTo(2);
    assertThat(disagreements.get(0).get("verdicts")).hasSize(2);
    assertThat(disagreements.get(0).at("/verdicts/0/content").asText()).contains("Because");
    assertThat(disagreements.get(0).get("answer").asText()).isEqualTo("By mine, q=9");
    double unbiased = 100 * (43 + 6 * 0.5) / (47 + 6 * 0.5);
    assertThat(summary().at("/models/0/categories/0/relative/estimate").asDouble())
        .isCloseTo(unbiased, within(1e-9));
  }

  @Test
  void failedReviewsAreLeftOutCountedAndNamed() throws Exception {
    server.next(says("I'm sorry, I can't."), says("对不起"), says("11 3"));
    Outcome outcome =
        run(List.of("concurrency=1"), files.answers("mine", List.of(6, 9, 9, 4, 3, 8)));
    assertThat(outcome.text())
        .contains("9 with scores, 3 without (a score outside 1 to 10: 1; no scores: 2), 0 missing")
        .contains("2 questions left out");
    assertThat(lines("mine/reviews.jsonl").get(0).get("tuple").toString()).isEqualTo("[-1.0,-1.0]");
    assertThat(lines("mine/reviews.jsonl").get(0).get("failure").asText()).isEqualTo("no scores");
    assertThat(summary().at("/models/0/categories/0/questions").asInt()).isEqualTo(4);
    // Of the other four: 24 of 30 points.
    assertThat(summary().at("/models/0/categories/0/relative/estimate").asDouble()).isEqualTo(80);
  }

  @ParameterizedTest
  @ValueSource(strings = {"default", "llava"})
  void aJudgeThatNeverGivesScoresIsNoResult(String compat) throws Exception {
    server.close();
    server = ChatServer.start(asked -> "Both are lovely.");
    Path answers = files.answers("mine", List.of(6, 9, 9, 4, 3, 8));
    List<String> settings =
        compat.equals("llava") ? List.of("compat=llava") : List.of("orders=reference_first");
    assertThatThrownBy(() -> run(settings, answers))
        .isInstanceOf(DataException.class)
        .hasMessageContainingAll(
            "the judge judge-1 gave no scores that can be read",
            "found none in 6 verdicts on mine",
            "mine/reviews.jsonl",
            "use another model or another rule");
    assertThat(lines("mine/reviews.jsonl")).hasSize(6);
  }

  @Test
  void whereManyVerdictsFailTheTextWarns() throws Exception {
    server.close();
    server =
        ChatServer.start(asked ->
            asked.question().contains("Question 0?")
                ? JudgeFiles.verdict(asked.question(), 0)
                : "Both are lovely.");
    Outcome outcome = run(List.of(), files.answers("mine", List.of(6, 9, 9, 4, 3, 8)));
    assertThat(outcome.text())
        .contains("2 with scores, 10 without")
        .contains("WARNING: 10 of 12 verdicts failed; read these figures with care");
  }

  @Test
  void compatAsksAndCountsAsLlava() throws Exception {
    server.next(says("8, 6\nLLaVA cannot read this."));
    Outcome outcome =
        run(
            List.of("compat=llava", "concurrency=1"),
            files.answers("mine", List.of(6, 9, 9, 4, 3, 8)));
    assertThat(server.asked()).hasSize(6);
    assertThat(server.asked().getFirst().body().get("temperature").asDouble()).isEqualTo(0.2);
    assertThat(server.asked().getFirst().body().get("max_tokens").asInt()).isEqualTo(1024);
    // Sums 9 + 7 + 8 + 6 + 9 - 1 = 38 and 9 + 9 + 4 + 3 + 8 - 1 = 32.
    assertThat(outcome.text()).startsWith("mine\nall 84.2 63.3 53.3\n");
    assertThat(outcome.text()).contains("1 without (no scores by LLaVA's rule: 1)");
  }

  @Test
  void modelsAreComparedOnTheSameQuestions() throws Exception {
    Outcome outcome =
        run(
            List.of(),
            files.answers("good", List.of(8, 9, 8, 8, 7, 9)),
            files.answers("bad", List.of(3, 4, 2, 3, 1, 4)));
    JsonNode all = summary().at("/comparisons/0");
    assertThat(all.get("first").asText()).isEqualTo("good");
    assertThat(all.get("category").asText()).isEqualTo("all");
    assertThat(all.get("questions").asInt()).isEqualTo(6);
    assertThat(all.at("/difference/estimate").asDouble())
        .isCloseTo(100 * (49 - 17) / 47.0, within(1e-9));
    // All six better: two of 64 swaps are as extreme.
    assertThat(all.get("p").asDouble()).isEqualTo(2 / 64.0);
    assertThat(outcome.text())
        .contains("good - bad: all: +68.1 points", "p = 0.0313 (6 questions)");
    assertThat(summary().get("comparisons")).hasSize(4);
  }

  @Test
  void aWrongKeyEndsTheRunAtOnceAndShowsNowhere() throws Exception {
    server.next(status(401, "no such key " + SECRET));
    Outcome outcome =
        run(List.of("concurrency=1"), files.answers("mine", List.of(6, 9, 9, 4, 3, 8)));
    assertThat(server.asked()).hasSize(1);
    assertThat(outcome.missing()).hasSize(1).containsValue(12);
    assertThat(outcome.text()).contains("0 with scores, 0 without, 12 missing");
    run(List.of(), files.answers("mine", List.of(6, 9, 9, 4, 3, 8)));
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file)).as(file.toString()).doesNotContain(SECRET);
      }
    }
    assertThat(outcome.toString()).doesNotContain(SECRET).contains("no such key [key]");
  }

  /// As OpenAI's newer models do, the endpoint takes one name of the limit and no other.
  @Test
  void theLimitGoesByTheNameThatTheEndpointTakes() throws Exception {
    String refusal =
        "{\"error\": {\"message\": \"Unsupported parameter: 'max_tokens' is not supported with this"
            + " model. Use 'max_completion_tokens' instead.\", \"code\": \"unsupported_parameter\"}}";
    Path answers = files.answers("mine", List.of(6, 9, 9, 4, 3, 8));
    server.next(status(400, refusal));
    Outcome refused = run(List.of("concurrency=1"), answers);
    assertThat(server.asked()).hasSize(1);
    assertThat(refused.missing()).containsValue(12);
    assertThat(refused.missing().keySet().iterator().next())
        .contains("status 400", "set max_tokens_as: max_completion_tokens, which this model takes");

    Outcome taken = run(List.of("max_tokens_as=max_completion_tokens", "max_tokens=99"), answers);
    assertThat(taken.missing()).isEmpty();
    assertThat(server.asked()).hasSize(13);
    assertThat(server.asked().subList(1, 13))
        .allMatch(asked -> asked.body().get("max_completion_tokens").asInt() == 99)
        .noneMatch(asked -> asked.body().has("max_tokens"));

    run(List.of("max_tokens=99"), answers);
    assertThat(server.asked()).as("kept replies are known by no such name").hasSize(13);
    server.next(status(400, refusal));
    Outcome other =
        run(
            List.of("max_tokens_as=max_completion_tokens", "concurrency=1", "max_tokens=98"),
            answers);
    assertThat(other.missing()).as("any other 400 costs one verdict").containsValue(1);
  }
}
