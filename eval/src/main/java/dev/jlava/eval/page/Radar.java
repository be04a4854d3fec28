package dev.jlava.eval.page;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A radar: one axis a category from the middle (0) to the rim (1), one outline a series, in a view
/// box of 640 by 400.
public record Radar(List<String> rings, List<Axis> axes, List<Outline> outlines) {
  private static final double X = 320;
  private static final double Y = 200;
  private static final double RADIUS = 140;
  private static final int RINGS = 4;
  private static final int LONGEST_LABEL = 18;

  /// A spoke and its label.
  public record Axis(
      String x, String y, String labelX, String labelY, String anchor, String label) {}

  /// A series.
  public record Outline(String name, int style, String points) {}

  /// Lays out series of shares; nothing where there are too few or too many axes to read.
  ///
  /// @param values of each series, one for each axis, 0 to 1
  public static Optional<Radar> of(List<String> labels, List<String> names, List<double[]> values) {
    int count = labels.size();
    if (count < 3 || count > 14) {
      return Optional.empty();
    }
    List<String> rings = new ArrayList<>();
    for (int ring = 1; ring <= RINGS; ring++) {
      double[] level = new double[count];
      Arrays.fill(level, ring / (double) RINGS);
      rings.add(points(level));
    }
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      axes.add(axis(i, labels));
    }
    List<Outline> outlines = new ArrayList<>();
    for (double[] series : values) {
      outlines.add(
          new Outline(names.get(outlines.size()), outlines.size() % Chart.COLOURS, points(series)));
    }
    return Optional.of(new Radar(rings, axes, outlines));
  }

  private static Axis axis(int i, List<String> labels) {
    double angle = angle(i, labels.size());
    String anchor =
        Math.abs(Math.cos(angle)) < 0.2 ? "middle" : Math.cos(angle) > 0 ? "start" : "end";
    String label = labels.get(i);
    return new Axis(
        at(X + RADIUS * Math.cos(angle)),
        at(Y + RADIUS * Math.sin(angle)),
        at(X + (RADIUS + 14) * Math.cos(angle)),
        at(Y + (RADIUS + 20) * Math.sin(angle) + 6),
        anchor,
        label.length() <= LONGEST_LABEL ? label : label.substring(0, LONGEST_LABEL - 1) + "…");
  }

  private static String points(double[] shares) {
    List<String> points = new ArrayList<>();
    for (int i = 0; i < shares.length; i++) {
      double angle = angle(i, shares.length);
      double length = RADIUS * Math.clamp(shares[i], 0, 1);
      points.add(at(X + length * Math.cos(angle)) + "," + at(Y + length * Math.sin(angle)));
    }
    return String.join(" ", points);
  }

  /// From the top, clockwise.
  private static double angle(int i, int count) {
    return 2 * Math.PI * i / count - Math.PI / 2;
  }

  private static String at(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
