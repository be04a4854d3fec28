package dev.jlava.eval.report;

import dev.jlava.eval.page.Format;
import dev.jlava.eval.page.Markdown;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// A run's report as Markdown.
final class RunText {
  private RunText() {}

  static String of(RunData data) {
    Markdown text = new Markdown().heading(1, data.title()).paragraph(data.summary());
    accuracy(text, data);
    if (!data.stages().isEmpty()) {
      text.heading(2, "Stages");
      text.table(
          List.of("stage", "steps", "first loss", "last loss", "held-out loss", "tokens/s"),
          data.stages().stream().filter(s -> !s.steps().isEmpty()).map(RunText::row).toList());
    }
    if (!scores(data).isEmpty()) {
      text.heading(2, "Scores on the way");
      text.table(List.of("stage", "step", "task", "score"), scores(data));
    }
    if (!data.costs().isEmpty()) {
      text.heading(2, "Time and memory");
      text.table(
          List.of("phase", "time", "peak memory"),
          data.costs().stream().map(RunText::row).toList());
    }
    text.heading(2, "Do it again").code("", data.command());
    text.table(
        List.of("fact", "value"),
        data.facts().entrySet().stream().map(f -> List.of(f.getKey(), f.getValue())).toList());
    return text.code("yaml", data.recipe()).toString();
  }

  private static List<List<String>> scores(RunData data) {
    List<List<String>> rows = new ArrayList<>();
    for (RunData.Stage stage : data.stages()) {
      for (RunData.Scores one : stage.scores()) {
        one.figures()
            .forEach((task, figure) ->
                rows.add(
                    List.of(
                        stage.name(),
                        Format.count(one.step()),
                        task,
                        EvaluationText.figure(figure))));
      }
    }
    return rows;
  }

  private static void accuracy(Markdown text, RunData data) {
    if (data.evaluations().isEmpty()) {
      return;
    }
    List<String> head = new ArrayList<>(List.of("kind"));
    data.evaluations().forEach(e -> head.add(e.label()));
    List<List<String>> rows = new ArrayList<>();
    for (String kind : data.evaluations().getFirst().kinds().keySet()) {
      rows.add(row(kind, data.evaluations().stream().map(e -> e.kinds().get(kind))));
    }
    rows.add(row("all", data.evaluations().stream().map(RunData.Evaluation::overall)));
    text.heading(2, "Accuracy by kind of question").table(head, rows);
  }

  private static List<String> row(String kind, Stream<RunData.Tally> tallies) {
    List<String> row = new ArrayList<>(List.of(kind));
    tallies.forEach(t -> row.add(t == null ? "–" : Format.percent(t.accuracy())));
    return row;
  }

  private static List<String> row(RunData.Stage stage) {
    double speed =
        stage.steps().stream().mapToDouble(RunData.Step::tokensPerSecond).average().orElse(0);
    return List.of(
        stage.name(),
        Format.count(stage.steps().size()),
        Format.number(stage.steps().getFirst().loss()),
        Format.number(stage.steps().getLast().loss()),
        stage.validation().isEmpty() ? "–" : Format.number(stage.validation().getLast().loss()),
        Format.number(speed));
  }

  private static List<String> row(RunData.Cost cost) {
    Double memory = cost.peakMemoryMb();
    return List.of(
        cost.phase(),
        Format.seconds(cost.seconds()),
        memory == null ? "–" : Format.count(Math.round(memory)) + " MB");
  }
}
