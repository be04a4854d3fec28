package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// VQAv2 (Goyal et al. 2017): makes the file that the evaluation server takes, as LLaVA's converter
/// does. Lines that are no JSON are counted, and a question without an answer gets an empty one.
final class Vqa2 implements Task {
  private static final Input ANSWERS = Input.answers("Answers: question_id and text, a line each.");
  private static final Input QUESTIONS =
      Input.one(
          "questions",
          "FILE",
          "The split's questions: LLaVA's file, or v2_OpenEnded_mscoco_SPLIT_questions.json.");
  private static final QuestionFile ASKING =
      new QuestionFile(QuestionFile.SHORT_ANSWER, Vqa2::rows);
  private static final Input OUT = Input.one("out", "FILE", "The submission file to write.");

  @Override
  public String name() {
    return "vqav2";
  }

  @Override
  public String summary() {
    return "Questions about photographs: the file for the evaluation server.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, QUESTIONS, OUT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(ASKING);
  }

  /// Images of the split `test-dev2015` are those of `test2015`.
  private static List<Row> rows(Row file) {
    String images = file.text("data_subtype").replace("-dev", "");
    return file.list("questions").stream()
        .map(row ->
            QuestionFile.row(
                row,
                row.value("question_id"),
                "COCO_%s_%012d.jpg".formatted(images, row.integer("image_id")),
                QuestionFile.briefly(row.text("question"))))
        .toList();
  }

  @Override
  public Score score(Given given) {
    Json.Readings lines = Json.readings(given.paths(ANSWERS));
    Map<String, Row> answers = Row.byId(lines.rows(), "question_id");
    List<Row> questions =
        ASKING.rows(given.path(QUESTIONS)).stream()
            .filter(question -> given.wasAsked(question.id("question_id")))
            .toList();
    ArrayNode submission = Json.object().putArray("submission");
    int unanswered = 0;
    for (Row question : questions) {
      Row answer = answers.get(question.id("question_id"));
      ObjectNode one = submission.addObject();
      one.set("question_id", question.value("question_id"));
      one.put("answer", answer == null ? "" : VqaAnswer.normal(answer.text("text")));
      unanswered += answer == null ? 1 : 0;
    }
    Score.Output file = new Score.Output(given.path(OUT), Json.bytes(submission));
    return score(answers.size(), questions.size(), lines.broken(), unanswered)
        .writing(List.of(file));
  }

  private static Score score(int answers, int questions, int broken, int unanswered) {
    ObjectNode figures = Json.object().put("answers", answers).put("questions", questions);
    figures.put("broken_lines", broken).put("unanswered", unanswered);
    Score score = Score.of(Submission.counts(answers, questions, broken), figures);
    return unanswered == 0
        ? score
        : score.noting(List.of(unanswered + " questions have no answer; theirs is empty"));
  }
}
