package dev.jlava.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Printed texts and written files are those of the original LLaVA's scripts.
final class TaskGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void reviewsAreSummarisedAsLlavaDoes() throws IOException {
    JsonNode cases = Golden.json("eval/summarize_gpt_review.json");
    assertThat(cases).hasSize(10);
    int undefined = 0;
    for (int i = 0; i < cases.size(); i++) {
      Path place = folder.resolve("case" + i);
      TaskRun run = new TaskRun("llava_bench", place);
      for (var file : cases.get(i).get("files").properties()) {
        StringBuilder lines = new StringBuilder();
        file.getValue().forEach(line -> lines.append(line).append('\n'));
        run.write(file.getKey(), lines.toString());
      }
      run.value("answers", place.toString());
      arguments(run, cases.get(i).get("arguments"));
      Score score = run.score();
      String expected = cases.get(i).get("stdout").asText();
      if (cases.get(i).has("error")) {
        assertThat(score.text()).startsWith(expected).contains("nan");
        assertThat(score.notes()).anyMatch(note -> note.contains("not defined"));
        undefined++;
      } else {
        assertThat(score.text()).isEqualTo(expected);
      }
    }
    assertThat(undefined).isEqualTo(1);
  }

  private static void arguments(TaskRun run, JsonNode arguments) {
    String input = "";
    for (JsonNode argument : arguments) {
      switch (argument.asText()) {
        case "-i" -> input = "ignore";
        case "-v" -> input = "judge-version";
        case "-s" -> input = "select";
        default -> run.value(input, argument.asText());
      }
    }
  }

  @Test
  void popeIsScoredAsLlavaDoes() throws IOException {
    JsonNode runs = Golden.json("eval/eval_pope.json").get("runs");
    assertThat(runs).hasSize(4);
    for (int i = 0; i < runs.size(); i++) {
      JsonNode golden = runs.get(i);
      TaskRun run = new TaskRun("pope", folder.resolve("case" + i));
      run.json("questions", "q.jsonl", golden.get("questions"));
      run.json("answers", "a.jsonl", golden.get("answers"));
      for (var labels : golden.get("labels").properties()) {
        StringBuilder lines = new StringBuilder();
        labels.getValue().forEach(line -> lines.append(line).append('\n'));
        run.write("labels/coco_pope_" + labels.getKey() + ".json", lines.toString());
      }
      Score score =
          run.value("annotations", folder.resolve("case" + i + "/labels").toString()).score();
      if (golden.has("error")) {
        assertThat(score.text())
            .startsWith(golden.get("stdout").asText())
            .contains("Precision: nan");
        assertThat(score.notes())
            .containsExactly("popular: precision and F1 are not defined: no answer says yes");
        assertThat(score.figures().at("/popular/precision").isNull()).isTrue();
        assertThat(score.figures().at("/popular/accuracy").asDouble()).isEqualTo(0.5);
      } else {
        assertThat(score.text()).isEqualTo(golden.get("stdout").asText());
        assertThat(score.notes()).isEmpty();
      }
    }
  }

  @Test
  void popeReadsAnswersAsLlavaDoes() {
    JsonNode verdicts = Golden.json("eval/eval_pope.json").get("verdicts");
    assertThat(verdicts).hasSize(20);
    for (JsonNode verdict : verdicts) {
      assertThat(YesNo.saysYes(verdict.get("text").asText()))
          .as(verdict.toString())
          .isEqualTo(verdict.get("verdict").asText().equals("yes"));
    }
  }

  @Test
  void scienceQaIsScoredAsLlavaDoes() throws IOException {
    JsonNode golden = Golden.json("eval/eval_science_qa.json").get(0);
    Score score =
        science("science_qa", golden)
            .json("answers", "r.jsonl", golden.get("predictions"))
            .value("analysis", "analysis.json")
            .value("result", "result.json")
            .score();
    assertThat(score.text()).isEqualTo(golden.get("stdout").asText());
    assertThat(TaskRun.written(score, "analysis.json")).isEqualTo(golden.get("output_file"));
    assertThat(TaskRun.written(score, "result.json")).isEqualTo(golden.get("output_result"));
  }

  @Test
  void ensemblesAreScoredAsLlavaDoes() throws IOException {
    JsonNode golden = Golden.json("eval/eval_science_qa.json").get(0);
    ObjectNode gpt4 = JSON.createObjectNode();
    gpt4.set("outputs", golden.get("gpt4_outputs"));
    Score complement =
        science("science_qa_complement", golden)
            .json("answers", "our.jsonl", golden.get("our"))
            .json("gpt4", "g4.json", gpt4)
            .score();
    assertThat(complement.text()).isEqualTo(golden.at("/gpt4_script/stdout").asText());
    Score judge =
        science("science_qa_judge", golden)
            .json("answers", "our.jsonl", golden.get("our"))
            .json("gpt4", "g4.json", gpt4)
            .json("requery", "req.jsonl", golden.get("requery"))
            .value("result", "result.json")
            .score();
    assertThat(judge.text()).isEqualTo(golden.at("/requery_script/stdout").asText());
    assertThat(TaskRun.written(judge, "result.json"))
        .isEqualTo(golden.at("/requery_script/output_result"));
  }

  private TaskRun science(String name, JsonNode golden) throws IOException {
    TaskRun run = new TaskRun(name, folder);
    ObjectNode splits = JSON.createObjectNode();
    ArrayNode ids = splits.putArray("test");
    golden.get("problems").fieldNames().forEachRemaining(ids::add);
    run.write("sqa/problems.json", golden.get("problems").toString());
    run.write("sqa/pid_splits.json", splits.toString());
    return run.value("annotations", folder.resolve("sqa").toString());
  }

  @Test
  void answersAreNormalisedAsTheEvaluationServerDoes() {
    JsonNode cases = Golden.json("eval/m4c.json").get("normalise");
    assertThat(cases).hasSize(65);
    for (JsonNode one : cases) {
      assertThat(VqaAnswer.normal(one.get("text").asText()))
          .as(one.toString())
          .isEqualTo(one.get("normalised").asText());
    }
  }

  @Test
  void softScoresAreThoseOfTenPeople() {
    JsonNode cases = Golden.json("eval/m4c.json").get("soft_scores");
    int scores = 0;
    for (JsonNode one : cases) {
      List<String> people = one.get("answers").valueStream().map(JsonNode::asText).toList();
      for (var score : one.get("scores").properties()) {
        assertThat(VqaAccuracy.of(score.getKey(), people)).isEqualTo(score.getValue().asDouble());
        scores++;
      }
      assertThat(VqaAccuracy.of("nobody said this", people)).isZero();
    }
    assertThat(scores).isGreaterThan(15);
  }

  @Test
  void textVqaIsScoredAsLlavaDoes() throws IOException {
    JsonNode golden = Golden.json("eval/eval_textvqa.json");
    Score score =
        new TaskRun("textvqa", folder)
            .json("annotations", "ann.json", golden.get("annotations"))
            .json("answers", "model.jsonl", golden.get("results"))
            .score();
    assertThat(score.text()).isEqualTo(golden.get("stdout").asText());
  }

  @Test
  void theEvaluatorsMeanIsReproduced() throws IOException {
    JsonNode golden = Golden.json("eval/m4c.json");
    ObjectNode annotations = JSON.createObjectNode();
    ArrayNode answers = JSON.createArrayNode();
    int count = 0;
    for (JsonNode one : golden.get("predictions")) {
      ObjectNode annotation = annotations.withArray("data").addObject();
      annotation.put("image_id", count).put("question", "What?");
      annotation.set("answers", one.get("gt_answers"));
      ObjectNode answer =
          answers.addObject().put("question_id", count).put("prompt", "What?\nShort.");
      answer.set("text", one.get("pred_answer"));
      count++;
    }
    Score score =
        new TaskRun("textvqa", folder)
            .json("annotations", "ann.json", annotations)
            .json("answers", "m.jsonl", answers)
            .score();
    assertThat(score.figures().at("/m/accuracy").asDouble())
        .isEqualTo(golden.get("textvqa_accuracy").asDouble());
  }

  @Test
  void submissionFilesAreLlavas() throws IOException {
    JsonNode golden = Golden.json("eval/converters.json");
    Score gqa =
        new TaskRun("gqa", folder)
            .json("answers", "g.jsonl", golden.at("/gqa/input"))
            .value("out", "g.json")
            .score();
    assertThat(gqa.text()).isEmpty();
    assertThat(TaskRun.written(gqa, "g.json")).isEqualTo(golden.at("/gqa/output"));
    Score mmvet =
        new TaskRun("mmvet", folder)
            .json("answers", "g.jsonl", golden.at("/gqa/input"))
            .value("out", "mm.json")
            .score();
    assertThat(TaskRun.written(mmvet, "mm.json")).isEqualTo(golden.at("/mmvet/output"));
    Score vizwiz =
        new TaskRun("vizwiz", folder)
            .json("answers", "vr.jsonl", golden.at("/vizwiz/input"))
            .json("questions", "va.jsonl", golden.at("/vizwiz/annotation"))
            .value("out", "v.json")
            .score();
    assertThat(vizwiz.text()).isEqualTo(golden.at("/vizwiz/stdout").asText());
    assertThat(TaskRun.written(vizwiz, "v.json")).isEqualTo(golden.at("/vizwiz/output"));
  }

  @Test
  void aBrokenLineOfVqaAnswersIsCounted() throws IOException {
    JsonNode golden = Golden.json("eval/converters.json").get("vqav2");
    StringBuilder lines = new StringBuilder();
    golden.get("input").forEach(line -> lines.append(line).append('\n'));
    Score score =
        new TaskRun("vqav2", folder)
            .text("answers", "merge.jsonl", lines + "{broken line\n")
            .json("questions", "split.jsonl", golden.get("split"))
            .value("out", "ck.json")
            .score();
    assertThat(score.text()).isEqualTo(golden.get("stdout").asText());
    assertThat(TaskRun.written(score, "ck.json")).isEqualTo(golden.get("output"));
    assertThat(score.notes()).containsExactly("2 questions have no answer; theirs is empty");
  }

  @Test
  void seedBenchIsScoredAsLlavaDoes() throws IOException {
    JsonNode golden = Golden.json("eval/converters.json").get("seed_bench");
    Score score =
        new TaskRun("seed_bench", folder)
            .json("answers", "sr.jsonl", golden.get("results"))
            .json("annotations", "sa.json", golden.get("annotation"))
            .value("out", "su.jsonl")
            .score();
    assertThat(score.text()).isEqualTo(golden.get("stdout").asText());
    ArrayNode written = JSON.createArrayNode();
    String lines = new String(score.outputs().getFirst().content(), StandardCharsets.UTF_8);
    for (String line : lines.lines().toList()) {
      written.add(JSON.readTree(line));
    }
    assertThat(written).isEqualTo(golden.get("output"));
  }

  @Test
  void emptyLinesOfVqaAnswersCountAsBroken() throws IOException {
    Score score =
        new TaskRun("vqav2", folder)
            .text("answers", "merge.jsonl", "\n  \n{\"question_id\": 1, \"text\": \"A Dog.\"}\n")
            .text("questions", "split.jsonl", "{\"question_id\": 1}\n")
            .value("out", "ck.json")
            .score();
    assertThat(score.text()).isEqualTo("total results: 1, total split: 1, error_line: 2\n");
  }

  @Test
  void popeTakesOneAnswerToEachQuestion() throws IOException {
    TaskRun run = new TaskRun("pope", folder);
    run.write("labels/coco_pope_random.json", "{\"label\": \"no\"}\n");
    run.value("annotations", folder.resolve("labels").toString())
        .text("questions", "q.jsonl", "{\"question_id\": 1, \"category\": \"random\"}\n")
        .text(
            "answers",
            "a.jsonl",
            "{\"question_id\": 1, \"text\": \"no\"}\n{\"question_id\": 1, \"text\": \"yes\"}\n");
    assertThatThrownBy(run::score)
        .isInstanceOf(DataException.class)
        .hasMessageMatching(
            ".*a.jsonl:2: question_id 1 for the second time \\(first in .*a.jsonl:1.*");
  }

  @Test
  void vizWizTakesAnAnswerToEveryQuestion() throws IOException {
    TaskRun run =
        new TaskRun("vizwiz", folder)
            .text("answers", "a.jsonl", "{\"question_id\": 1, \"text\": \"x\"}\n")
            .text("questions", "q.jsonl", "{\"question_id\": 2, \"image\": \"v.jpg\"}\n")
            .value("out", "v.json");
    assertThatThrownBy(run::score)
        .isInstanceOf(DataException.class)
        .hasMessageEndingWith(
            "q.jsonl:1: no answer to this question (0 lines of the answers are no JSON); answer all"
                + " of them");
  }
}
