package dev.jlava.eval.report;

import dev.jlava.eval.page.Format;
import dev.jlava.eval.page.Page;
import dev.jlava.eval.page.Pictures;
import dev.jlava.eval.page.Questions;
import dev.jlava.eval.report.EvaluationData.Result;
import dev.jlava.eval.report.EvaluationData.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// An evaluation's report as its template wants it: text, already formatted, not yet escaped.
///
/// @param note above the answers
record EvaluationPage(
    EvaluationData data,
    String summary,
    List<Head> tasks,
    List<Row> rows,
    String source,
    List<PublishedRow> published,
    List<String> measures,
    List<Said> said,
    List<PairRow> pairs,
    List<CategoryChart> categories,
    JudgePage judge,
    String note,
    List<CostRow> costs,
    List<Map.Entry<String, String>> facts) {

  /// Characters that pictures may take.
  static final long PICTURES = 16_000_000;

  record Head(String name, String figure, String questions) {}

  record Row(String model, List<Cell> cells) {}

  /// @param doubts why a judge's figure is to be read with care
  record Cell(String figure, String interval, String failed, List<String> doubts) {}

  record PublishedRow(String model, List<String> cells) {}

  /// What a benchmark's own script prints for each model.
  record Said(String task, List<Print> prints) {}

  record Print(String model, List<String> notes, String text) {}

  record PairRow(
      String task,
      String first,
      String second,
      String difference,
      String interval,
      String chance,
      String questions) {}

  record CostRow(String model, String task, List<String> cells) {}

  /// Columns of the table of scores.
  int width() {
    return tasks.size() + 1;
  }

  /// The page's text.
  static String html(EvaluationData data, JudgePage judge, Questions questions, Pictures pictures) {
    EvaluationText text = new EvaluationText(data);
    Published published = data.published();
    EvaluationPage page =
        new EvaluationPage(
            data,
            text.summary(),
            data.tasks().stream()
                .map(
                    t -> new Head(t.name(), t.figure(), Format.count(t.questions()) + " questions"))
                .toList(),
            rows(data),
            published == null ? "" : published.source(),
            published(data),
            text.measures(),
            said(data),
            text.pairs(),
            data.tasks().stream()
                .filter(task -> !task.categories().isEmpty())
                .map(task -> CategoryChart.of(task, data.models()))
                .toList(),
            judge,
            pictures.note().orElse("All models' answers side by side."),
            text.costs(),
            List.copyOf(data.facts().entrySet()));
    return new Page(
            data.title(),
            EvaluationPage.class,
            "evaluation",
            page,
            List.of(
                new Page.Island("questions", questions),
                new Page.Island("pictures", pictures.urls())))
        .html();
  }

  private static List<Row> rows(EvaluationData data) {
    List<Row> rows = new ArrayList<>();
    for (int model = 0; model < data.models().size(); model++) {
      List<Cell> cells = new ArrayList<>();
      for (Task task : data.tasks()) {
        Result result = task.results().get(model);
        cells.add(
            new Cell(
                EvaluationText.figure(result, task),
                EvaluationText.interval(result),
                result.failed() == 0 ? "" : Format.count(result.failed()) + " failed",
                data.doubts(task.name(), data.models().get(model))));
      }
      rows.add(new Row(data.models().get(model), cells));
    }
    return rows;
  }

  private static List<PublishedRow> published(EvaluationData data) {
    Published published = data.published();
    return published == null
        ? List.of()
        : published.models().stream()
            .map(model ->
                new PublishedRow(
                    model.name(),
                    data.tasks().stream()
                        .map(task -> EvaluationText.published(model, task))
                        .toList()))
            .toList();
  }

  private static List<Said> said(EvaluationData data) {
    List<Said> all = new ArrayList<>();
    for (Task task : data.tasks()) {
      List<Print> prints = new ArrayList<>();
      for (int model = 0; model < data.models().size(); model++) {
        Result result = task.results().get(model);
        if (!result.text().isBlank() || !result.notes().isEmpty()) {
          prints.add(new Print(data.models().get(model), result.notes(), result.text()));
        }
      }
      if (!prints.isEmpty()) {
        all.add(new Said(task.name(), prints));
      }
    }
    return all;
  }
}
