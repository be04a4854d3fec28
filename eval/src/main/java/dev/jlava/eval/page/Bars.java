package dev.jlava.eval.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Horizontal bars from 0 to the largest value, in groups, each with its interval.
///
/// @param legend names of the bars of each group, in order
public record Bars(List<Group> groups, List<Name> legend) {

  /// A bar's name and the number of its colour.
  public record Name(String label, int style) {}

  /// Bars beside one label.
  public record Group(String label, List<Bar> bars) {}

  /// A bar; lengths are in percent of the row.
  ///
  /// @param low where the interval begins; equal to `high` where there is none
  public record Bar(int style, String width, String low, String high, String text) {}

  /// What a bar shows.
  ///
  /// @param high of the interval; NaN where there is none
  public record Value(double value, double low, double high, String text) {}

  /// Lays out values.
  ///
  /// @param max that fills a row
  public static Bars of(
      List<String> names, double max, List<String> labels, List<List<Value>> rows) {
    List<Group> groups = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      List<Bar> bars = new ArrayList<>();
      for (Value value : rows.get(i)) {
        bars.add(bar(value, bars.size() % Chart.COLOURS, max));
      }
      groups.add(new Group(labels.get(i), bars));
    }
    List<Name> legend = new ArrayList<>();
    names.forEach(name -> legend.add(new Name(name, legend.size() % Chart.COLOURS)));
    return new Bars(groups, legend);
  }

  private static Bar bar(Value value, int style, double max) {
    boolean interval = !Double.isNaN(value.high);
    double shown = Double.isNaN(value.value) ? 0 : value.value;
    return new Bar(
        style,
        percent(shown / max),
        percent((interval ? value.low : shown) / max),
        percent((interval ? value.high : shown) / max),
        value.text);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f", 100 * Math.clamp(share, 0, 1));
  }
}
