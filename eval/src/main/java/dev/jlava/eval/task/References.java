package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/// A user's own questions with the answers that count as right, beside a model's answers.
///
/// @param asked every question of the file
record References(List<Asked> asked) {
  static final Input ANSWERS = Input.answers("Answers: question_id and text, a line each.");
  static final Input QUESTIONS =
      Input.one(
          "questions",
          "FILE",
          "Questions: question_id, answer (a text, or a list of which any is right) and, if wanted,"
              + " category, a line each.");

  /// One question.
  ///
  /// @param references any of them is right
  /// @param answer the model's; null where it gave none
  record Asked(
      String where, String id, String category, List<String> references, @Nullable String answer) {}

  static References read(Given given) {
    return of(Json.lines(given.path(QUESTIONS)), given);
  }

  /// @param questions in LLaVA's format
  static References of(List<Row> questions, Given given) {
    Map<String, Row> answers = Row.byOwnId(Json.lines(given.paths(ANSWERS)), "question_id");
    List<Asked> asked = new ArrayList<>();
    for (var one : Row.byOwnId(questions, "question_id").entrySet()) {
      String id = one.getKey();
      Row question = one.getValue();
      if (!given.wasAsked(id)) {
        continue;
      }
      Row answer = answers.get(id);
      asked.add(
          new Asked(
              question.where(),
              id,
              question.has("category") ? question.id("category") : "",
              question.value("answer").isArray()
                  ? question.texts("answer")
                  : List.of(question.id("answer")),
              answer == null ? null : answer.text("text")));
    }
    return new References(asked);
  }

  /// How many are right, over all and by category; a question without an answer counts as wrong.
  ///
  /// @param isRight takes the model's answer and a reference
  Score accuracy(BiPredicate<String, String> isRight) {
    Tally all = new Tally();
    Map<String, Tally> byCategory = new TreeMap<>();
    List<Mark> marks = new ArrayList<>();
    int missing = 0;
    for (Asked one : asked) {
      String answer = one.answer();
      boolean right =
          answer != null && one.references().stream().anyMatch(ref -> isRight.test(answer, ref));
      all.add(right);
      marks.add(Mark.of(one.id(), one.category(), right));
      if (!one.category().isEmpty()) {
        byCategory.computeIfAbsent(one.category(), key -> new Tally()).add(right);
      }
      missing += answer == null ? 1 : 0;
    }
    StringBuilder text = new StringBuilder(all.text());
    ObjectNode figures = all.figures(Json.object()).put("unanswered", missing);
    ObjectNode inner = figures.putObject("categories");
    byCategory.forEach((category, tally) -> {
      text.append(category).append(": ").append(tally.text());
      tally.figures(inner.putObject(category));
    });
    Score score =
        Score.of(text.toString(), figures)
            .marked(Score.Headline.percent("accuracy", all.share()), marks);
    return missing == 0
        ? score
        : score.noting(List.of(missing + " questions have no answer and count as wrong"));
  }

  private static final class Tally {
    private int total;
    private int correct;

    void add(boolean right) {
      total++;
      correct += right ? 1 : 0;
    }

    double share() {
      return Figures.share(correct, total);
    }

    String text() {
      return "Total: %d, Correct: %d, Accuracy: %s%%\n"
          .formatted(total, correct, Figures.percent(share()));
    }

    ObjectNode figures(ObjectNode figures) {
      figures.put("total", total).put("correct", correct);
      return Figures.put(figures, "accuracy", share());
    }
  }
}
