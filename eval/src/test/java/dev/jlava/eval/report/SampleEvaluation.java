package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An evaluation's directory with made-up answers: two models; forty questions of POPE in four
/// categories, of which the first model has 20 right and the second 30; four answers that a judge
/// compared with references in both orders, one verdict of each eight without scores. The first
/// place is worth a point, on the third question four: there the first model's answers flip.
final class SampleEvaluation {
  static final String EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";
  static final List<String> MODELS = List.of("plain", "tuned");
  private static final int QUESTIONS = 40;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;

  private SampleEvaluation(Path directory) {
    this.directory = directory;
  }

  static Path write(Path directory) throws IOException {
    SampleEvaluation sample = new SampleEvaluation(directory);
    sample.facts();
    for (String model : MODELS) {
      sample.pope(model, model.equals("plain") ? 2 : 4);
      sample.bench(model, model.equals("plain") ? 6 : 8);
    }
    return directory;
  }

  private void facts() throws IOException {
    ObjectNode facts = JSON.createObjectNode();
    ObjectNode settings = facts.putObject("settings").put("name", "sample <b>");
    settings.withArray("tasks").addObject().put("type", "pope");
    settings.withArray("tasks").addObject().put("type", "llava_bench").put("name", "open");
    facts.putObject("versions").put("jlava", "0123abc");
    facts.putObject("machine").put("cores", 2);
    for (String model : MODELS) {
      facts
          .withArray("models")
          .addObject()
          .put("label", model)
          .put("path", "models/" + model)
          .put("weights_sha256", "f00d");
    }
    facts.put("started", "2026-01-01T00:00:00Z").put("finished", "2026-01-01T00:01:00Z");
    Files.writeString(directory.resolve("eval.json"), facts.toPrettyString());
  }

  /// @param strength of four answers to existence questions, how many are right
  private void pope(String model, int strength) throws IOException {
    ObjectNode score = score("pope", "F1", 61.5);
    ArrayNode lines = JSON.createArrayNode();
    for (int i = 0; i < QUESTIONS; i++) {
      String category = List.of("random", "popular", "adversarial", "<i>odd</i>").get(i / 10);
      boolean right = i % 4 < strength && !(strength == 4 && i < 10);
      lines.add(
          line(i, category, "Is there a thing " + i + "?", right ? "yes" : i == 39 ? EVIL : "no")
              .put("reference", "yes"));
      mark(score, i, category, right ? 1.0 : 0.0);
    }
    write(model, "pope", lines, score);
  }

  private void bench(String model, int points) throws IOException {
    ObjectNode score = score("llava_bench", "relative score", points * 12.5);
    ArrayNode lines = JSON.createArrayNode();
    ArrayNode reviews = JSON.createArrayNode();
    for (int i = 0; i < 4; i++) {
      lines.add(
          line(i, "conv", "What does it mean?", "It means " + i)
              .put("ending", i == 1 ? "length" : "end"));
      mark(score, i, "conv", null);
      double bonus = i == 3 ? 0 : i == 2 ? 2 : 0.5;
      review(
          reviews, i, "reference_first", i == 3 ? null : new double[] {8 + bonus, points - bonus});
      review(reviews, i, "model_first", new double[] {8 - bonus, points + bonus});
    }
    ObjectNode disagreement = JSON.createObjectNode().put("question_id", 2);
    disagreement.put("category", "conv").put("flips", true).put("spread", 8.0);
    disagreement.put("question", "What does it mean? " + EVIL);
    disagreement.put("reference", "Nothing.").put("answer", "It means 2");
    disagreement.withArray("verdicts").add(reviews.get(4)).add(reviews.get(5));
    Path home = Files.createDirectories(directory.resolve("models/" + model + "/open"));
    lines(home.resolve("disagreements.jsonl"), JSON.createArrayNode().add(disagreement));
    write(model, "open", lines, score);
    lines(directory.resolve("models/" + model + "/open/reviews.jsonl"), reviews);
  }

  private static void review(
      ArrayNode reviews, int question, String order, double @Nullable [] scores) {
    ObjectNode review = reviews.addObject().put("question_id", question).put("judge", "judge-1");
    review.put("order", order).put("sample", 0);
    ArrayNode tuple = review.putArray("tuple");
    tuple.add(scores == null ? -1 : scores[0]).add(scores == null ? -1 : scores[1]);
    review.put("content", scores == null ? "I cannot say." : order + " is better\nbecause " + EVIL);
    review.put("failure", scores == null ? "no two numbers" : null);
    review.put("prompt_tokens", 300).put("completion_tokens", 20).put("seconds", 1.5);
    review.put("cost", 0.0036);
  }

  private static ObjectNode line(int id, String category, String question, String text) {
    ObjectNode line = JSON.createObjectNode().put("question_id", id).put("category", category);
    line.put("question", question).put("prompt", question + "\nAnswer with one word.");
    line.withArray("images")
        .addObject()
        .put("path", Golden.path("train/images/0%d.png".formatted(id % 4)).toString());
    return line.put("text", text)
        .put("prompt_tokens", 600)
        .put("new_tokens", 2)
        .put("seconds", 0.5);
  }

  private static ObjectNode score(String task, String figure, double value) {
    ObjectNode score =
        JSON.createObjectNode().put("task", task).put("text", "the script's own text\n");
    score.withArray("notes").add("a note of " + task);
    score.putObject("headline").put("name", figure).put("value", value).put("unit", "%");
    return score;
  }

  private static void mark(ObjectNode score, int id, String category, @Nullable Double value) {
    score
        .withArray("per_question")
        .addObject()
        .put("question_id", id)
        .put("category", category)
        .put("value", value);
  }

  private void write(String model, String task, ArrayNode lines, ObjectNode score)
      throws IOException {
    Path answers = Files.createDirectories(directory.resolve("models/" + model + "/" + task));
    lines(answers.resolve("answers.jsonl"), lines);
    Files.writeString(answers.resolve("score.json"), score.toPrettyString());
  }

  private static void lines(Path file, ArrayNode lines) throws IOException {
    StringBuilder text = new StringBuilder();
    for (JsonNode line : lines) {
      text.append(line).append('\n');
    }
    Files.writeString(file, text);
  }
}
