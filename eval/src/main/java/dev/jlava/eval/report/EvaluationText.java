package dev.jlava.eval.report;

import dev.jlava.eval.page.Format;
import dev.jlava.eval.page.Markdown;
import dev.jlava.eval.report.EvaluationData.Category;
import dev.jlava.eval.report.EvaluationData.Cost;
import dev.jlava.eval.report.EvaluationData.Pair;
import dev.jlava.eval.report.EvaluationData.Range;
import dev.jlava.eval.report.EvaluationData.Result;
import dev.jlava.eval.report.EvaluationData.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The words and numbers of an evaluation's report, for the page and as Markdown.
final class EvaluationText {
  private final EvaluationData data;

  EvaluationText(EvaluationData data) {
    this.data = data;
  }

  /// The report as Markdown.
  static String of(EvaluationData data) {
    EvaluationText text = new EvaluationText(data);
    Markdown markdown = new Markdown().heading(1, data.title()).paragraph(text.summary());
    text.scores(markdown.heading(2, "Scores"));
    if (!text.pairs().isEmpty()) {
      markdown.heading(2, "Models compared");
      markdown.table(
          List.of("task", "first", "second", "difference", "95 % interval", "p", "questions"),
          text.pairs().stream().map(EvaluationText::cells).toList());
    }
    text.categories(markdown);
    text.judge(markdown);
    markdown.heading(2, "Time and cost");
    List<String> head =
        List.of("model", "task", "answers", "time", "tokens read", "tokens written", "written/s");
    markdown.table(head, text.costs().stream().map(EvaluationText::cells).toList());
    markdown.heading(2, "Do it again").code("", data.command());
    markdown.table(
        List.of("fact", "value"),
        data.facts().entrySet().stream().map(f -> List.of(f.getKey(), f.getValue())).toList());
    return markdown.code("json", data.settings()).toString();
  }

  String summary() {
    int questions = data.tasks().stream().mapToInt(Task::questions).sum();
    String asked =
        "%s of %s, asked of %s."
            .formatted(
                counted(questions, "question"),
                counted(data.tasks().size(), "task"),
                counted(data.models().size(), "model"));
    return data.finished() ? asked : "The evaluation is not finished. " + asked;
  }

  private static String counted(int count, String what) {
    return Format.count(count) + " " + what + (count == 1 ? "" : "s");
  }

  private void scores(Markdown markdown) {
    List<String> head = new ArrayList<>(List.of("model"));
    data.tasks().forEach(task -> head.add((task.name() + " " + task.figure()).strip()));
    List<List<String>> rows = new ArrayList<>();
    for (int model = 0; model < data.models().size(); model++) {
      List<String> row = new ArrayList<>(List.of(data.models().get(model)));
      for (Task task : data.tasks()) {
        Result result = task.results().get(model);
        row.add((figure(result, task) + " " + interval(result)).strip());
      }
      rows.add(row);
    }
    markdown.table(head, rows);
    JudgeTable.doubts(data.judged()).forEach(markdown::paragraph);
    Published published = data.published();
    if (published != null) {
      markdown.paragraph("Published, not measured here: " + published.source() + ".");
      List<List<String>> known = new ArrayList<>();
      for (Published.Model model : published.models()) {
        List<String> row = new ArrayList<>(List.of(model.name()));
        data.tasks().forEach(task -> row.add(published(model, task)));
        known.add(row);
      }
      markdown.table(head, known);
      measures().forEach(markdown::paragraph);
    }
  }

  /// What the published figures are of, where it needs saying.
  List<String> measures() {
    Published published = data.published();
    return published == null
        ? List.of()
        : data.tasks().stream()
            .filter(task -> published.measures().containsKey(task.type()))
            .map(task ->
                "Published " + task.name() + ": " + published.measures().get(task.type()) + ".")
            .toList();
  }

  private void categories(Markdown markdown) {
    for (Task task : data.tasks()) {
      List<String> head = new ArrayList<>(List.of("category"));
      head.addAll(data.models());
      List<List<String>> rows = new ArrayList<>();
      for (Category category : task.categories()) {
        List<String> row = new ArrayList<>(List.of(category.name()));
        category
            .means()
            .forEach(
                mean -> row.add(mean == null ? "–" : figure(mean.mean()) + " " + interval(mean)));
        rows.add(row);
      }
      if (!rows.isEmpty()) {
        markdown.heading(2, "Categories of " + task.name()).table(head, rows);
      }
    }
  }

  private void judge(Markdown markdown) {
    if (!data.judged().isEmpty()) {
      markdown.heading(2, "The judge");
      markdown.table(JudgeTable.HEAD, data.judged().stream().map(JudgeTable::row).toList());
    }
  }

  List<EvaluationPage.PairRow> pairs() {
    List<EvaluationPage.PairRow> rows = new ArrayList<>();
    for (Task task : data.tasks()) {
      for (Pair pair : task.pairs()) {
        Range difference = pair.difference();
        rows.add(
            new EvaluationPage.PairRow(
                task.name(),
                pair.first(),
                pair.second(),
                String.format(Locale.ROOT, "%+.1f", difference.mean()),
                interval(difference),
                pair.chance() < 0.001
                    ? "< 0.001"
                    : String.format(Locale.ROOT, "%.3f", pair.chance()),
                Format.count(difference.questions())));
      }
    }
    return rows;
  }

  private static List<String> cells(EvaluationPage.PairRow row) {
    return List.of(
        row.task(),
        row.first(),
        row.second(),
        row.difference(),
        row.interval(),
        row.chance(),
        row.questions());
  }

  List<EvaluationPage.CostRow> costs() {
    return data.costs().stream().map(EvaluationText::row).toList();
  }

  private static EvaluationPage.CostRow row(Cost cost) {
    return new EvaluationPage.CostRow(
        cost.model(),
        cost.task(),
        List.of(
            Format.count(cost.answers()),
            Format.seconds(cost.seconds()),
            Format.count(cost.promptTokens()),
            Format.count(cost.newTokens()),
            cost.seconds() == 0 ? "–" : Format.number(cost.newTokens() / cost.seconds())));
  }

  private static List<String> cells(EvaluationPage.CostRow row) {
    List<String> cells = new ArrayList<>(List.of(row.model(), row.task()));
    cells.addAll(row.cells());
    return cells;
  }

  /// The benchmark's own number; the mean where it has none.
  static String figure(Result result, Task task) {
    Double headline = result.headline();
    if (headline != null) {
      return figure(headline) + (task.unit().equals("%") ? " %" : "");
    }
    Range mean = result.mean();
    return mean != null ? figure(mean.mean()) + " %" : result.answered() == 0 ? "not asked" : "–";
  }

  static String figure(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /// `[55.1, 61.0]`, of what it says otherwise.
  static String interval(Result result) {
    Range mean = result.mean();
    if (mean == null) {
      return "";
    }
    return result.sameFigure() || result.headline() == null
        ? interval(mean)
        : "per question %s %s".formatted(figure(mean.mean()), interval(mean));
  }

  static String interval(Range range) {
    Double low = range.low();
    Double high = range.high();
    return low == null || high == null ? "" : "[" + figure(low) + ", " + figure(high) + "]";
  }

  static String published(Published.Model model, Task task) {
    @Nullable Double figure = model.figures().get(task.type());
    return figure == null ? "–" : figure(figure);
  }
}
