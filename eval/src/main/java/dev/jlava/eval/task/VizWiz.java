package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// VizWiz: questions of blind people (Gurari et al. 2018). Makes the file that the evaluation
/// server takes, as LLaVA's converter does. Lines that are no JSON are counted; every question
/// needs an answer.
final class VizWiz implements Task {
  private static final Input ANSWERS = Input.answers("Answers: question_id and text, a line each.");
  private static final Input QUESTIONS =
      Input.one(
          "questions",
          "FILE",
          "The split's questions: LLaVA's file, or VizWiz's such as test.json.");
  private static final QuestionFile ASKING =
      new QuestionFile(QuestionFile.SHORT_ANSWER, VizWiz::rows);
  private static final Input OUT = Input.one("out", "FILE", "The submission file to write.");

  @Override
  public String name() {
    return "vizwiz";
  }

  @Override
  public String summary() {
    return "Questions of blind people: the file for the evaluation server.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, QUESTIONS, OUT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(ASKING);
  }

  /// LLaVA numbers the questions from 0 and says how to answer what cannot be known.
  private static List<Row> rows(Row file) {
    List<Row> questions = file.elements();
    List<Row> rows = new ArrayList<>();
    for (Row question : questions) {
      String text =
          question.text("question")
              + "\nWhen the provided information is insufficient, respond with 'Unanswerable'.";
      JsonNode id = new IntNode(rows.size());
      rows.add(QuestionFile.row(question, id, question.text("image"), QuestionFile.briefly(text)));
    }
    return rows;
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
    for (Row question : questions) {
      Row answer = answers.get(question.id("question_id"));
      if (answer == null) {
        throw new DataException(
            question.where()
                + ": no answer to this question ("
                + lines.broken()
                + " lines of the answers are no JSON); answer all of them");
      }
      ObjectNode one = submission.addObject();
      one.set("image", question.value("image"));
      one.put("answer", VqaAnswer.normal(answer.text("text")));
    }
    ObjectNode figures =
        Json.object().put("answers", answers.size()).put("questions", questions.size());
    figures.put("broken_lines", lines.broken());
    String text = Submission.counts(answers.size(), questions.size(), lines.broken());
    return Score.of(text, figures)
        .writing(List.of(new Score.Output(given.path(OUT), Json.bytes(submission))));
  }
}
