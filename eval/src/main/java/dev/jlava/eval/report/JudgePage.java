package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.page.Questions.Verdict;
import dev.jlava.eval.report.EvaluationFiles.Answers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The judge's section of an evaluation's page: text, already formatted, not yet escaped.
///
/// @param left what is to be said of disagreements that are not shown; empty where all are
record JudgePage(
    List<String> head,
    List<Line> lines,
    List<String> doubts,
    List<Shown> disagreements,
    String left) {
  /// Disagreements on a page at most.
  private static final int MOST = 100;

  private static final int NAMES = 3;

  /// How the judge did on a model's answers to a task.
  ///
  /// @param names of the task, the model and the judge
  record Line(List<String> names, List<String> cells) {}

  /// A question on which the judge disagrees with itself.
  ///
  /// @param of the task and the model
  /// @param verdicts side by side, as they came
  record Shown(
      String of,
      String id,
      boolean flips,
      double spread,
      String question,
      String reference,
      String answer,
      List<Verdict> verdicts) {
    String title() {
      return String.format(
          Locale.ROOT,
          "%s · question %s · %s%.1f points apart",
          of,
          id,
          flips ? "flips with the order · " : "",
          spread);
    }
  }

  static JudgePage of(List<Judged> judged, EvaluationFiles files) {
    List<Shown> all = disagreements(files);
    return new JudgePage(
        JudgeTable.HEAD,
        judged.stream().map(JudgeTable::row).map(JudgePage::line).toList(),
        JudgeTable.doubts(judged),
        all.subList(0, Math.min(MOST, all.size())),
        all.size() <= MOST
            ? ""
            : "%d of %d are shown; all are in the models' disagreements.jsonl."
                .formatted(MOST, all.size()));
  }

  private static Line line(List<String> row) {
    return new Line(row.subList(0, NAMES), row.subList(NAMES, row.size()));
  }

  /// Flips first, then by spread.
  private static List<Shown> disagreements(EvaluationFiles files) {
    List<Shown> all = new ArrayList<>();
    for (int task = 0; task < files.tasks().size(); task++) {
      for (EvaluationFiles.Model model : files.models()) {
        Optional<Answers> answers = model.tasks().get(task);
        String of = files.tasks().get(task) + " · " + model.label();
        answers.ifPresent(own -> own.disagreements().forEach(one -> all.add(shown(of, one))));
      }
    }
    all.sort(
        Comparator.comparing((Shown one) -> !one.flips())
            .thenComparingDouble(one -> -one.spread()));
    return all;
  }

  private static Shown shown(String of, Row row) {
    JsonNode json = row.json();
    return new Shown(
        of,
        row.id("question_id"),
        json.path("flips").asBoolean(),
        json.path("spread").asDouble(),
        json.path("question").asText(),
        json.path("reference").asText(),
        json.path("answer").asText(),
        row.list("verdicts").stream().map(AnswerList::verdict).toList());
  }
}
