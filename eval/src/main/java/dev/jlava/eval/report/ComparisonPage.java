package dev.jlava.eval.report;

import dev.jlava.eval.page.Chart;
import dev.jlava.eval.page.Page;
import dev.jlava.eval.page.Pictures;
import dev.jlava.eval.page.Questions;
import dev.jlava.eval.task.Evaluation;
import java.util.List;

/// A comparison of runs as its template wants it: text, already formatted, not yet escaped.
///
/// @param note above the answers; empty where there are none
record ComparisonPage(
    String title,
    List<String> labels,
    List<RunRow> runs,
    List<SettingRow> settings,
    List<StageRow> stages,
    List<MetricsRow> metrics,
    List<KindRow> kinds,
    List<String> pairs,
    String note) {

  record RunRow(String label, String path, String state, String begun, String commit) {}

  record SettingRow(String key, List<String> values) {}

  record StageRow(String name, List<Chart> charts) {}

  record MetricsRow(String stage, String run, List<String> cells) {}

  record KindRow(String kind, List<String> cells) {}

  /// The page's text.
  ///
  /// @param same the last evaluations, one a run; none where their questions differ
  static String html(ComparisonData data, List<Evaluation> same, Pictures pictures) {
    ComparisonText text = new ComparisonText(data);
    Questions questions =
        RunPage.questions(
            same.stream().map(RunReport::tallies).toList(), RunReport.examples(same), pictures, -1);
    String note =
        same.isEmpty()
            ? ""
            : "Held-out questions with every run's answer. " + pictures.note().orElse("");
    ComparisonPage page =
        new ComparisonPage(
            text.title(),
            text.labels(),
            text.runs().stream()
                .map(r -> new RunRow(r.get(0), r.get(1), r.get(2), r.get(3), r.get(4)))
                .toList(),
            text.settings().stream()
                .map(s -> new SettingRow(s.getFirst(), s.subList(1, s.size())))
                .toList(),
            data.stages().stream()
                .map(s -> new StageRow(s.name(), StageCharts.overlaid(text.labels(), s.curves())))
                .toList(),
            text.metrics().stream()
                .map(m -> new MetricsRow(m.get(0), m.get(1), m.subList(2, m.size())))
                .toList(),
            text.kinds().stream()
                .map(k -> new KindRow(k.getFirst(), k.subList(1, k.size())))
                .toList(),
            text.pairs(),
            note);
    return new Page(
            text.title(),
            ComparisonPage.class,
            "comparison",
            page,
            RunPage.islands(questions, pictures))
        .html();
  }
}
