package dev.jlava.eval.report;

import dev.jlava.eval.page.Chart;
import dev.jlava.eval.page.Format;
import dev.jlava.eval.report.RunData.Stage;
import dev.jlava.eval.report.RunData.Step;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/// The charts of one stage: loss, learning rates, throughput, and the score of each task that was
/// asked on the way.
record StageCharts(String name, String summary, List<Chart> charts) {

  private static final String SCORE = "score on the way";

  static StageCharts of(Stage stage) {
    List<Chart> charts = new ArrayList<>();
    charts.add(Chart.of("Loss", "nats a label token", losses(stage)));
    charts.add(Chart.of("Learning rate", "by part", rates(stage)));
    charts.add(
        Chart.of(
            "Throughput",
            "tokens a second",
            List.of(series("tokens/s", stage.steps(), Step::tokensPerSecond))));
    for (String task : stage.tasks()) {
      charts.add(Chart.of(task, SCORE, List.of(scores(task, task, stage))));
    }
    return new StageCharts(stage.name(), summary(stage), charts);
  }

  /// Charts of the same stage of several runs, a line each.
  static List<Chart> overlaid(List<String> labels, List<Stage> stages) {
    List<Chart> charts = new ArrayList<>();
    charts.add(Chart.of("Loss", "nats a label token", lines(labels, stages, Step::loss)));
    if (stages.stream().anyMatch(stage -> !stage.validation().isEmpty())) {
      List<Chart.Series> heldOut = new ArrayList<>();
      for (int i = 0; i < stages.size(); i++) {
        heldOut.add(heldOut(labels.get(i), stages.get(i)));
      }
      charts.add(Chart.of("Held-out loss", "nats a label token", heldOut));
    }
    for (String part : parts(stages)) {
      List<Chart.Series> rates = new ArrayList<>();
      for (int i = 0; i < stages.size(); i++) {
        List<Step> steps = having(stages.get(i), part);
        rates.add(series(labels.get(i), steps, step -> rate(step, part)));
      }
      charts.add(Chart.of("Learning rate", part, rates));
    }
    charts.add(
        Chart.of("Throughput", "tokens a second", lines(labels, stages, Step::tokensPerSecond)));
    Set<String> tasks = new LinkedHashSet<>();
    stages.forEach(stage -> tasks.addAll(stage.tasks()));
    for (String task : tasks) {
      List<Chart.Series> scores = new ArrayList<>();
      for (int i = 0; i < stages.size(); i++) {
        scores.add(scores(labels.get(i), task, stages.get(i)));
      }
      charts.add(Chart.of(task, SCORE, scores));
    }
    return charts;
  }

  private static Chart.Series scores(String name, String task, Stage stage) {
    List<RunData.Scores> own = stage.scores(task);
    double[] steps = own.stream().mapToDouble(RunData.Scores::step).toArray();
    return new Chart.Series(name, steps, own.stream().mapToDouble(s -> s.of(task)).toArray(), true);
  }

  private static List<Chart.Series> lines(
      List<String> labels, List<Stage> stages, ToDoubleFunction<Step> value) {
    List<Chart.Series> lines = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      lines.add(series(labels.get(i), stages.get(i).steps(), value));
    }
    return lines;
  }

  private static Set<String> parts(List<Stage> stages) {
    Set<String> parts = new LinkedHashSet<>();
    for (Stage stage : stages) {
      stage.steps().forEach(step -> parts.addAll(step.learningRates().keySet()));
    }
    return parts;
  }

  private static String summary(Stage stage) {
    if (stage.steps().isEmpty()) {
      return "no step was taken";
    }
    int steps = stage.steps().size();
    return "%s, loss %s to %s"
        .formatted(
            steps == 1 ? "1 step" : Format.count(steps) + " steps",
            Format.number(stage.steps().getFirst().loss()),
            Format.number(stage.steps().getLast().loss()));
  }

  private static List<Chart.Series> losses(Stage stage) {
    List<Chart.Series> series = new ArrayList<>();
    series.add(series("train", stage.steps(), Step::loss));
    if (!stage.validation().isEmpty()) {
      series.add(heldOut("held out", stage));
    }
    return series;
  }

  private static Chart.Series heldOut(String name, Stage stage) {
    double[] steps = stage.validation().stream().mapToDouble(v -> v.step()).toArray();
    double[] losses = stage.validation().stream().mapToDouble(v -> v.loss()).toArray();
    return new Chart.Series(name, steps, losses, true);
  }

  private static List<Chart.Series> rates(Stage stage) {
    return parts(List.of(stage)).stream()
        .map(part -> series(part, having(stage, part), step -> rate(step, part)))
        .toList();
  }

  private static List<Step> having(Stage stage, String part) {
    return stage.steps().stream().filter(s -> s.learningRates().containsKey(part)).toList();
  }

  private static double rate(Step step, String part) {
    return Objects.requireNonNull(step.learningRates().get(part));
  }

  private static Chart.Series series(String name, List<Step> steps, ToDoubleFunction<Step> value) {
    double[] xs = steps.stream().mapToDouble(Step::step).toArray();
    return new Chart.Series(name, xs, steps.stream().mapToDouble(value).toArray(), false);
  }
}
