package dev.jlava.eval.report;

import dev.jlava.eval.page.Bars;
import dev.jlava.eval.page.Radar;
import dev.jlava.eval.report.EvaluationData.Category;
import dev.jlava.eval.report.EvaluationData.Range;
import dev.jlava.eval.report.EvaluationData.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A task's categories as bars, and as a radar where they make one.
record CategoryChart(
    String task, List<Bars.Group> groups, List<Bars.Name> legend, List<Radar> radar) {
  static CategoryChart of(Task task, List<String> models) {
    List<String> labels = task.categories().stream().map(Category::name).toList();
    List<List<Bars.Value>> values =
        task.categories().stream()
            .map(category -> category.means().stream().map(CategoryChart::bar).toList())
            .toList();
    double max =
        Math.max(
            100,
            values.stream()
                .flatMap(List::stream)
                .mapToDouble(Bars.Value::value)
                .filter(v -> !Double.isNaN(v))
                .max()
                .orElse(0));
    Bars bars = Bars.of(models, max, labels, values);
    return new CategoryChart(
        task.name(),
        bars.groups(),
        bars.legend(),
        radar(task, models, labels, max).stream().toList());
  }

  private static Bars.Value bar(@Nullable Range mean) {
    if (mean == null) {
      return new Bars.Value(Double.NaN, Double.NaN, Double.NaN, "–");
    }
    Double low = mean.low();
    Double high = mean.high();
    return new Bars.Value(
        mean.mean(),
        low == null ? Double.NaN : low,
        high == null ? Double.NaN : high,
        EvaluationText.figure(mean.mean()) + " " + EvaluationText.interval(mean));
  }

  private static Optional<Radar> radar(
      Task task, List<String> models, List<String> labels, double max) {
    List<String> names = new ArrayList<>();
    List<double[]> values = new ArrayList<>();
    for (int model = 0; model < models.size(); model++) {
      int place = model;
      List<@Nullable Range> means =
          task.categories().stream().<@Nullable Range>map(c -> c.means().get(place)).toList();
      names.add(models.get(model));
      values.add(
          means.stream().mapToDouble(mean -> mean == null ? 0 : mean.mean() / max).toArray());
    }
    return Radar.of(labels, names, values);
  }
}
