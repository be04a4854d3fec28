package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// GQA: questions about scenes (Hudson and Manning 2019). Makes the predictions file that GQA's own
/// `eval.py` reads, as LLaVA's converter does, and scores it where the questions hold answers.
final class Gqa implements Task {
  private static final Input ANSWERS = Input.answers("Answers: question_id and text, a line each.");
  static final Input QUESTIONS =
      Input.optional("questions", "FILE", "GQA's questions with answers, such as testdev's.");
  private static final Input OUT =
      Input.optional("out", "FILE", "The predictions file to write, for GQA's eval.py.");

  @Override
  public String name() {
    return "gqa";
  }

  @Override
  public String summary() {
    return "Questions about scenes: the predictions file, and accuracy on balanced questions.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, QUESTIONS, OUT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(new GqaQuestions());
  }

  @Override
  public Score score(Given given) {
    List<Row> answers = Json.lines(given.paths(ANSWERS));
    Optional<Path> questions = given.optionalPath(QUESTIONS);
    Score score =
        questions.isPresent()
            ? accuracy(answers, Json.file(questions.get()).entries(), given)
            : Score.of("", Json.object().put("answers", answers.size()));
    return given
        .optionalPath(OUT)
        .map(out -> score.writing(List.of(new Score.Output(out, predictions(answers)))))
        .orElse(score);
  }

  private static byte[] predictions(List<Row> answers) {
    ArrayNode all = Json.object().putArray("predictions");
    for (Row answer : answers) {
      ObjectNode one = all.addObject();
      one.set("questionId", answer.value("question_id"));
      one.put("prediction", prediction(answer));
    }
    return Json.bytes(all);
  }

  private static String prediction(Row answer) {
    String text = answer.text("text");
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == '.') {
      end--;
    }
    return PythonText.lower(text.substring(0, end));
  }

  /// The first figures of `eval.py`, which need nothing but questions and predictions.
  private static Score accuracy(List<Row> answers, Map<String, Row> questions, Given given) {
    Map<String, Row> byId = Row.byId(answers, "question_id");
    List<Boolean> binary = new ArrayList<>();
    List<Boolean> open = new ArrayList<>();
    List<Mark> marks = new ArrayList<>();
    questions.forEach((id, question) -> {
      if (question.value("isBalanced").asBoolean() && given.wasAsked(id)) {
        Row answer = byId.get(id);
        if (answer == null) {
          throw new DataException(
              question.where() + ": no answer to this question; answer all balanced ones");
        }
        boolean query = question.object("types").text("structural").equals("query");
        boolean right = prediction(answer).equals(question.text("answer"));
        (query ? open : binary).add(right);
        marks.add(Mark.of(id, query ? "open" : "binary", right));
      }
    });
    List<Boolean> all = new ArrayList<>(binary);
    all.addAll(open);
    ObjectNode figures = Json.object().put("questions", all.size());
    String text =
        line("Binary", binary, figures)
            + line("Open", open, figures)
            + line("Accuracy", all, figures);
    return Score.of(text, figures)
        .marked(Score.Headline.percent("accuracy", figures.path("accuracy").asDouble()), marks);
  }

  private static String line(String title, List<Boolean> right, ObjectNode figures) {
    int count = (int) right.stream().filter(one -> one).count();
    double share = right.isEmpty() ? 0 : Figures.share(count, right.size());
    figures.put(PythonText.lower(title), share);
    return "%s: %s%%\n".formatted(title, Figures.percent(share));
  }
}
