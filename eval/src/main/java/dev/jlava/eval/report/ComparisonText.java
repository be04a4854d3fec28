package dev.jlava.eval.report;

import dev.jlava.eval.page.Format;
import dev.jlava.eval.page.Markdown;
import dev.jlava.eval.report.ComparisonData.Metrics;
import dev.jlava.eval.report.ComparisonData.Run;
import dev.jlava.eval.report.ComparisonData.Stage;
import dev.jlava.eval.report.RunData.Tally;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The words and numbers of a comparison of runs, for the page and as Markdown.
final class ComparisonText {
  private final ComparisonData data;

  ComparisonText(ComparisonData data) {
    this.data = data;
  }

  static String of(ComparisonData data) {
    ComparisonText text = new ComparisonText(data);
    Markdown markdown = new Markdown().heading(1, text.title()).heading(2, "Runs");
    markdown.table(List.of("run", "directory", "state", "begun", "commit"), text.runs());
    markdown.heading(2, "What the recipes differ in");
    markdown.paragraph(data.settings().isEmpty() ? "In nothing." : "");
    markdown.table(text.head("key"), text.settings());
    markdown.heading(2, "Metrics");
    markdown.table(
        List.of(
            "stage",
            "run",
            "steps",
            "first loss",
            "loss of the last 10 steps",
            "held-out loss",
            "median tokens/s",
            "time",
            "peak memory"),
        text.metrics());
    if (!text.scores().isEmpty()) {
      markdown.heading(2, "Last scores on the way").table(text.head("stage, task"), text.scores());
    }
    if (!text.kinds().isEmpty()) {
      markdown.heading(2, "Accuracy by kind of question").table(text.head("kind"), text.kinds());
      text.pairs().forEach(markdown::paragraph);
    }
    return markdown.toString();
  }

  String title() {
    return String.join(" · ", labels());
  }

  List<String> labels() {
    return data.runs().stream().map(Run::label).toList();
  }

  private List<String> head(String first) {
    List<String> head = new ArrayList<>(List.of(first));
    head.addAll(labels());
    return head;
  }

  List<List<String>> runs() {
    return data.runs().stream()
        .map(run ->
            List.of(
                run.label(),
                run.path(),
                run.finished() ? "finished" : "not finished",
                run.begun(),
                run.commit()))
        .toList();
  }

  List<List<String>> settings() {
    List<List<String>> rows = new ArrayList<>();
    for (ComparisonData.Setting setting : data.settings()) {
      List<String> row = new ArrayList<>(List.of(setting.key()));
      setting.values().forEach(value -> row.add(value == null ? "–" : value));
      rows.add(row);
    }
    return rows;
  }

  List<List<String>> metrics() {
    List<List<String>> rows = new ArrayList<>();
    for (Stage stage : data.stages()) {
      for (int i = 0; i < data.runs().size(); i++) {
        rows.add(row(stage.name(), labels().get(i), stage.metrics().get(i)));
      }
    }
    return rows;
  }

  private static List<String> row(String stage, String run, @Nullable Metrics metrics) {
    if (metrics == null) {
      return Markdown.filled(List.of(stage, run), 7, "–");
    }
    Double heldOut = metrics.heldOutLoss();
    return List.of(
        stage,
        run,
        Format.count(metrics.steps()),
        Format.number(metrics.firstLoss()),
        Format.number(metrics.lastLoss()),
        heldOut == null ? "–" : Format.number(heldOut),
        Format.number(metrics.tokensPerSecond()),
        Format.seconds(metrics.seconds()),
        Format.count(Math.round(metrics.peakMemoryMb())) + " MB");
  }

  /// Each task's last score in each stage, and after which step; empty where none was asked.
  private List<List<String>> scores() {
    List<List<String>> rows = new ArrayList<>();
    for (Stage stage : data.stages()) {
      Set<String> tasks = new LinkedHashSet<>();
      stage.curves().forEach(curves -> tasks.addAll(curves.tasks()));
      for (String task : tasks) {
        List<String> row = new ArrayList<>(List.of(stage.name() + ", " + task));
        stage.curves().forEach(curves -> row.add(last(curves.scores(task), task)));
        rows.add(row);
      }
    }
    return rows;
  }

  private static String last(List<RunData.Scores> scores, String task) {
    return scores.isEmpty()
        ? "–"
        : "%s (step %d)"
            .formatted(EvaluationText.figure(scores.getLast().of(task)), scores.getLast().step());
  }

  /// Accuracy by kind and over all; empty where no run has an evaluation.
  List<List<String>> kinds() {
    Set<String> kinds = new LinkedHashSet<>();
    data.runs().forEach(run -> kinds.addAll(run.kinds().keySet()));
    List<List<String>> rows = new ArrayList<>();
    for (String kind : kinds) {
      List<String> row = new ArrayList<>(List.of(kind));
      data.runs().forEach(run -> row.add(percent(run.kinds().get(kind))));
      rows.add(row);
    }
    if (!rows.isEmpty()) {
      List<String> all = new ArrayList<>(List.of("all"));
      data.runs()
          .forEach(run ->
              all.add(percent(run.kinds().values().stream().reduce(Tally::plus).orElse(null))));
      rows.add(all);
    }
    return rows;
  }

  private static String percent(@Nullable Tally tally) {
    return tally == null ? "–" : Format.percent(tally.accuracy());
  }

  /// One sentence for each two runs.
  List<String> pairs() {
    return data.pairs().stream()
        .map(pair ->
            String.format(
                Locale.ROOT,
                "%s against %s: %+.1f points %s, p = %.3f (%d questions, paired permutation test)",
                pair.second(),
                pair.first(),
                pair.difference().mean(),
                EvaluationText.interval(pair.difference()),
                pair.chance(),
                pair.difference().questions()))
        .toList();
  }
}
