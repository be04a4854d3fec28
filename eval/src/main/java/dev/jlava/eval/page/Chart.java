package dev.jlava.eval.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// A line chart laid out for the page: coordinates in a view box of 640 by 260, ticks at round
/// numbers, and the values that the page shows under the pointer.
///
/// @param title what is drawn
/// @param unit of the vertical axis
/// @param lines one for each series
public record Chart(
    String title, String unit, List<Line> lines, List<Tick> columns, List<Tick> rows) {
  private static final double LEFT = 76;
  private static final double RIGHT = 612;
  private static final double TOP = 16;
  private static final double BOTTOM = 226;
  private static final int MOST_POINTS = 400;

  /// Colours of the style sheet; further series begin again.
  static final int COLOURS = 8;

  /// A named series of points.
  ///
  /// @param marked whether each point gets a dot: for few, measured ones
  public record Series(String name, double[] xs, double[] ys, boolean marked) {}

  /// A drawn series.
  ///
  /// @param style number of its colour
  /// @param points `x,y x,y …` in the view box
  /// @param values `x:y x:y …` as they were
  public record Line(String name, int style, String points, String values, List<Dot> dots) {}

  /// A mark on a line.
  public record Dot(String x, String y) {}

  /// A grid line with its label.
  public record Tick(String at, String label) {}

  /// Lays out series that share their axes; the vertical one starts at 0.
  public static Chart of(String title, String unit, List<Series> series) {
    double maxX = 1;
    double maxY = 0;
    for (Series one : series) {
      for (int i = 0; i < one.xs.length; i++) {
        maxX = Math.max(maxX, one.xs[i]);
        maxY = Math.max(maxY, one.ys[i]);
      }
    }
    Axis across = new Axis(maxX, LEFT, RIGHT, 6);
    Axis up = new Axis(maxY == 0 ? 1 : maxY, BOTTOM, TOP, 4);
    List<Line> lines = new ArrayList<>();
    for (Series one : series) {
      lines.add(line(one, lines.size() % COLOURS, across, up));
    }
    return new Chart(title, unit, lines, across.ticks(), up.ticks());
  }

  private static Line line(Series series, int style, Axis across, Axis up) {
    List<String> points = new ArrayList<>();
    List<String> values = new ArrayList<>();
    List<Dot> dots = new ArrayList<>();
    int every = Math.max(1, series.xs.length / MOST_POINTS);
    for (int i = 0; i < series.xs.length; i += every) {
      String x = coordinate(across.at(series.xs[i]));
      String y = coordinate(up.at(series.ys[i]));
      points.add(x + "," + y);
      values.add(Format.number(series.xs[i]) + ":" + Format.number(series.ys[i]));
      if (series.marked) {
        dots.add(new Dot(x, y));
      }
    }
    return new Line(series.name, style, String.join(" ", points), String.join(" ", values), dots);
  }

  private static String coordinate(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  /// Values from 0 to `max`, mapped to a stretch of the view box.
  private record Axis(double max, double from, double to, int most) {
    double at(double value) {
      return from + (to - from) * Math.min(value, end()) / end();
    }

    /// The last tick: the first round number that is not below the largest value.
    double end() {
      double step = step();
      return Math.ceil(max / step - 1e-9) * step;
    }

    double step() {
      double raw = max / most;
      double power = Math.pow(10, Math.floor(Math.log10(raw)));
      for (double factor : new double[] {1, 2, 2.5, 5}) {
        if (raw <= factor * power * (1 + 1e-9)) {
          return factor * power;
        }
      }
      return 10 * power;
    }

    List<Tick> ticks() {
      int count = (int) Math.round(end() / step());
      return IntStream.rangeClosed(0, count)
          .mapToObj(i -> new Tick(coordinate(at(i * step())), Format.number(i * step())))
          .toList();
    }
  }
}
