package dev.jlava.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EvaluationReportTest {
  @TempDir private Path directory;

  @BeforeEach
  void evaluation() throws IOException {
    SampleEvaluation.write(directory);
  }

  @Test
  void figuresHaveTheirIntervals() throws IOException {
    JsonNode pope = json().at("/tasks/0");
    assertThat(pope.path("questions").asInt()).isEqualTo(40);
    JsonNode plain = pope.at("/results/0");
    assertThat(plain.path("headline").asDouble()).isEqualTo(61.5);
    assertThat(plain.at("/mean/mean").asDouble()).isEqualTo(50);
    assertThat(plain.at("/mean/low").asDouble()).isCloseTo(35, within(2.6));
    assertThat(plain.at("/mean/high").asDouble()).isCloseTo(65, within(2.6));
    assertThat(plain.path("sameFigure").asBoolean()).isFalse();
    assertThat(pope.at("/categories/1/name").asText()).isEqualTo("popular");
    assertThat(pope.at("/categories/1/means/1/mean").asDouble()).isEqualTo(100);
    JsonNode pair = pope.at("/pairs/0");
    assertThat(pair.at("/difference/mean").asDouble()).isEqualTo(25);
    assertThat(pair.path("chance").asDouble()).isBetween(0.01, 0.06);
  }

  /// Per question 6 (or 8) points to the reference's 8; the verdict without scores is left out.
  @Test
  void aJudgesFigureIsRelativeToTheReference() throws IOException {
    JsonNode open = json().at("/tasks/1");
    assertThat(open.at("/results/0/mean/mean").asDouble()).isEqualTo(75);
    assertThat(open.at("/results/0/mean/questions").asInt()).isEqualTo(3);
    assertThat(open.at("/results/0/sameFigure").asBoolean()).isTrue();
    assertThat(open.at("/results/0/failed").asInt()).isEqualTo(1);
    assertThat(open.at("/pairs/0/difference/mean").asDouble()).isEqualTo(25);
  }

  @Test
  void theJudgesOwnFiguresStandBesideItsScores() throws IOException {
    JsonNode plain = json().at("/judged/0");
    assertThat(plain.path("model").asText()).isEqualTo("plain");
    assertThat(plain.path("judge").asText()).isEqualTo("judge-1");
    assertThat(plain.path("scored").asInt()).isEqualTo(7);
    assertThat(plain.at("/failures/no two numbers").asInt()).isEqualTo(1);
    assertThat(plain.at("/bias/mean").asDouble()).isCloseTo(2, within(1e-12));
    assertThat(plain.at("/bias/low").asDouble()).isEqualTo(1);
    assertThat(plain.at("/bias/questions").asInt()).isEqualTo(3);
    assertThat(plain.path("flipped").asInt()).isEqualTo(1);
    assertThat(json().at("/judged/1/flipped").asInt()).isEqualTo(3);
    assertThat(plain.path("tokens").asInt()).isEqualTo(8 * 320);
    assertThat(plain.path("seconds").asDouble()).isEqualTo(12);
    assertThat(plain.path("cost").asDouble()).isCloseTo(0.0288, within(1e-12));
    assertThat(plain.at("/disagreements/0/questionId").asText()).isEqualTo("2");
    assertThat(plain.at("/doubts/0").asText()).isEqualTo("1 of 8 verdicts failed");
    assertThat(Files.readString(directory.resolve("report.md")))
        .contains("Warning: open, plain: the first place is worth +2.00 points.")
        .contains(
            "| open | plain | judge-1 | 7 | 1 (no two numbers: 1) | 0 | +2.00 \\[+1.00, +4.00\\]");
    assertThat(Files.readString(directory.resolve("report.html")))
        .contains(
            "<span class=\"under bad\">warning: the first place is worth +2.00 points</span>");
  }

  @Test
  void ofManyDisagreementsThoseThatFlipAreShown() throws IOException {
    String line = Files.readString(directory.resolve("models/tuned/open/disagreements.jsonl"));
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 120; i++) {
      many.append(line.replace("\"flips\":true", "\"flips\":false"));
    }
    Files.writeString(directory.resolve("models/plain/open/disagreements.jsonl"), many);
    String page = Files.readString(EvaluationReport.write(directory));
    assertThat(page)
        .contains("<summary>open · tuned · question 2 · flips with the order · 8.0 points apart")
        .contains("100 of 121 are shown; all are in the models&#39; disagreements.jsonl.");
    assertThat(Pattern.compile("<div class=\"sides\">").matcher(page).results().count())
        .isEqualTo(100);
  }

  /// As `./jlava judge` leaves an evaluation: new verdicts, which no score counts yet.
  @Test
  void verdictsWithoutAScoreFileHaveTheirFigureToo() throws IOException {
    for (String model : SampleEvaluation.MODELS) {
      Files.delete(directory.resolve("models/" + model + "/open/score.json"));
    }
    JsonNode open = json().at("/tasks/1");
    assertThat(open.path("type").asText()).isEqualTo("llava_bench");
    assertThat(open.at("/results/0/headline").isNull()).isTrue();
    assertThat(open.at("/results/0/mean/mean").asDouble()).isEqualTo(75);
    assertThat(Files.readString(directory.resolve("report.md")))
        .contains("75.0 % \\[75.0, 75.0\\]");
  }

  @Test
  void aJudgeThatAgreesWithItselfGivesNoReasonToWarn() throws IOException {
    for (String model : SampleEvaluation.MODELS) {
      Path reviews = directory.resolve("models/" + model + "/open/reviews.jsonl");
      String text = Files.readString(reviews);
      int points = model.equals("plain") ? 6 : 8;
      Files.writeString(
          reviews,
          text.replaceAll("\\[[0-9.-]+,[0-9.-]+]", "[8," + points + "]")
              .replace("\"no two numbers\"", "null"));
    }
    assertThat(Files.readString(EvaluationReport.write(directory))).doesNotContain("warning:");
    assertThat(json().at("/judged/0/bias/mean").asDouble()).isZero();
  }

  @Test
  void withoutAJudgeThereIsNothingOfOne() throws IOException {
    for (String model : SampleEvaluation.MODELS) {
      for (String file : new String[] {"reviews.jsonl", "disagreements.jsonl"}) {
        Files.delete(directory.resolve("models/" + model + "/open/" + file));
      }
    }
    assertThat(Files.readString(EvaluationReport.write(directory))).doesNotContain("id=\"judge\"");
    assertThat(Files.readString(directory.resolve("report.md"))).doesNotContain("The judge");
  }

  @Test
  void publishedFiguresAreKeptApart() throws IOException {
    String page = Files.readString(EvaluationReport.write(directory, "./jlava eval e.yaml"));
    assertThat(page)
        .contains(
            "<tbody class=\"published\">", "Published, not measured here:", "LLaVA-1.5 7B LoRA")
        .contains(
            "<td>85.9</td><td>65.4</td>", "per question 50.0 [", "61.5 %", "./jlava eval e.yaml")
        .contains("mean F1 of the three splits");
    assertThat(json().at("/models").toString()).isEqualTo("[\"plain\",\"tuned\"]");
  }

  @Test
  void hostileAnswersStayText() throws IOException {
    String page = Files.readString(EvaluationReport.write(directory, SampleEvaluation.EVIL));
    assertThat(page)
        .doesNotContain("<script>alert", "<img", "<i>odd", "sample <b>")
        .contains("\\u003c/script>\\u003cscript>alert(1)", "sample &lt;b&gt;");
    assertThat(Pattern.compile("</script>").matcher(page).results().count()).isEqualTo(3);
    assertThat(Files.readString(directory.resolve("report.md")).replaceAll("(?s)```.*?```", ""))
        .doesNotContain("<");
  }

  @Test
  void theCommandIsKeptForTheNextTime() throws IOException {
    EvaluationReport.write(directory, "./jlava eval e.yaml --model m");
    EvaluationReport.write(directory);
    assertThat(json().path("command").asText()).isEqualTo("./jlava eval e.yaml --model m");
    assertThat(Files.readString(directory.resolve("report.md")))
        .contains("| plain | 61.5 % per question 50.0 \\[")
        .contains("| LLaVA-1.5 13B | 85.9 | 72.5 |");
  }

  @Test
  void anEvaluationThatIsGoingOnHasAReportToo() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode facts = mapper.readTree(directory.resolve("eval.json").toFile());
    ((ObjectNode) facts).remove("finished");
    Files.writeString(directory.resolve("eval.json"), facts.toString());
    Path tuned = directory.resolve("models/tuned/pope");
    Files.delete(tuned.resolve("score.json"));
    String answers = Files.readString(tuned.resolve("answers.jsonl"));
    Files.writeString(tuned.resolve("answers.jsonl"), answers.substring(0, answers.length() - 20));
    Files.delete(directory.resolve("models/tuned/open/answers.jsonl"));
    assertThat(Files.readString(EvaluationReport.write(directory)))
        .contains("The evaluation is not finished.", "not asked")
        .doesNotContain("NaN,", "NaN]");
    assertThat(json().at("/tasks/0/results/1/answered").asInt()).isEqualTo(39);
  }

  @Test
  void modelsThatWereAskedOtherQuestionsAreRefused() throws IOException {
    Path answers = directory.resolve("models/tuned/pope/answers.jsonl");
    Files.writeString(
        answers, Files.readString(answers).replace("\"question_id\":3,", "\"question_id\":\"x\","));
    assertThatThrownBy(() -> EvaluationReport.write(directory))
        .isInstanceOf(DataException.class)
        .hasMessage(
            answers
                + ":4: question x stands where another model's answers have 3; ask both the same questions");
  }

  @Test
  void modelsOfSeveralEvaluationsStandSideBySide(@TempDir Path other, @TempDir Path output)
      throws IOException {
    SampleEvaluation.write(other);
    rename(other, "tuned", "third");
    Path page = EvaluationReport.write(List.of(directory, other), output);
    assertThat(page).isEqualTo(output.resolve("comparison.html"));
    JsonNode both = new ObjectMapper().readTree(output.resolve("comparison.json").toFile());
    String here = directory.getFileName() + ": plain";
    String there = other.getFileName() + ": plain";
    assertThat(both.path("models").valueStream().map(JsonNode::asText))
        .containsExactly(here, "tuned", there, "third");
    assertThat(both.path("tasks")).hasSize(2);
    assertThat(both.at("/tasks/0/results").findValuesAsText("headline")).hasSize(4);
    assertThat(both.at("/tasks/0/pairs")).hasSize(6);
    assertThat(both.at("/tasks/0/pairs/1/difference/mean").asDouble()).as("the same").isZero();
    assertThat(both.at("/tasks/0/pairs/2/difference/mean").asDouble()).isEqualTo(25);
    assertThat(both.path("judged")).hasSize(4);
    assertThat(Files.readString(output.resolve("comparison.md")))
        .contains("| third | 61.5 % per question 75.0", "./jlava report " + directory);
    JsonNode questions = island(Files.readString(page), "questions");
    assertThat(questions.path("columns")).hasSize(4);
    assertThat(questions.at("/items/0/answers")).hasSize(4);
  }

  @Test
  void evaluationsOfOtherQuestionsOrBenchmarksAreNotComparable(
      @TempDir Path other, @TempDir Path output) throws IOException {
    SampleEvaluation.write(other);
    Path facts = other.resolve("eval.json");
    String whole = Files.readString(facts);
    Files.writeString(facts, whole.replace("\"pope\"", "\"mme\", \"name\": \"pope\""));
    assertThatThrownBy(() -> EvaluationReport.write(List.of(directory, other), output))
        .hasMessage(
            facts
                + ": task pope is another benchmark elsewhere (found mme, expected pope); give one of"
                + " them another name");
    Files.writeString(facts, whole);
    Path answers = other.resolve("models/plain/pope/answers.jsonl");
    Files.writeString(answers, Files.readString(answers).replaceFirst("(?s)^.*?\n", ""));
    assertThatThrownBy(() -> EvaluationReport.write(List.of(directory, other), output))
        .hasMessageContaining(
            answers + ":1: question 1 stands where another model's answers have 0");
  }

  /// An evaluation of `images: pictures` that ran elsewhere, and later moved with its pictures.
  @Test
  void relativePicturesAreFoundFromWhereTheEvaluationRanAndBesideIt(@TempDir Path elsewhere)
      throws IOException {
    Path images = Golden.path("train/images");
    for (String model : SampleEvaluation.MODELS) {
      for (String task : new String[] {"pope", "open"}) {
        Path answers = directory.resolve("models/" + model + "/" + task + "/answers.jsonl");
        Files.writeString(
            answers, Files.readString(answers).replace(images.toString(), "pictures"));
      }
    }
    String page = Files.readString(EvaluationReport.write(directory));
    assertThat(page).contains("Pictures left out: 4 whose files cannot be read");
    Path ran = Files.createDirectories(elsewhere.resolve("pictures"));
    for (int i = 0; i < 4; i++) {
      Files.copy(images.resolve("0" + i + ".png"), ran.resolve("0" + i + ".png"));
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode facts = (ObjectNode) mapper.readTree(directory.resolve("eval.json").toFile());
    facts.put("working_directory", elsewhere.toString());
    Files.writeString(directory.resolve("eval.json"), facts.toString());
    page = Files.readString(EvaluationReport.write(directory));
    assertThat(page).doesNotContain("Pictures left out");
    assertThat(island(page, "pictures")).hasSize(4);
    Files.move(ran, directory.resolve("pictures"));
    page = Files.readString(EvaluationReport.write(directory));
    assertThat(page).doesNotContain("Pictures left out");
  }

  private static void rename(Path evaluation, String label, String other) throws IOException {
    Path facts = evaluation.resolve("eval.json");
    Files.writeString(
        facts, Files.readString(facts).replace("\"" + label + "\"", "\"" + other + "\""));
    Files.move(evaluation.resolve("models/" + label), evaluation.resolve("models/" + other));
  }

  private static JsonNode island(String page, String id) throws IOException {
    String start = "<script type=\"application/json\" id=\"" + id + "\">";
    int from = page.indexOf(start) + start.length();
    return new ObjectMapper().readTree(page.substring(from, page.indexOf("</script>", from)));
  }

  private JsonNode json() throws IOException {
    if (!Files.exists(directory.resolve("report.json"))) {
      EvaluationReport.write(directory, "./jlava eval e.yaml");
    }
    return new ObjectMapper().readTree(directory.resolve("report.json").toFile());
  }
}
