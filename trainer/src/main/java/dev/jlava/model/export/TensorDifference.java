package dev.jlava.model.export;

import dev.jlava.weights.ElementReader;
import dev.jlava.weights.TensorEntry;
import java.util.Arrays;

/// How one tensor differs between two models.
///
/// @param a dtype and shape in the first
/// @param b dtype and shape in the second
/// @param differing elements that are not equal; all where the shapes differ
/// @param largest largest absolute difference; NaN where only one is NaN
/// @param mean mean absolute difference
/// @param relative norm of the difference over the norm of the first
public record TensorDifference(
    String name, String a, String b, long differing, double largest, double mean, double relative) {

  /// Compares element by element, in memory for one element each.
  static TensorDifference of(String name, TensorEntry a, TensorEntry b) {
    long count = Arrays.stream(a.shape()).reduce(1, (x, y) -> x * y);
    if (!Arrays.equals(a.shape(), b.shape())) {
      return new TensorDifference(
          name, text(a), text(b), count, Double.NaN, Double.NaN, Double.NaN);
    }
    ElementReader readA = new ElementReader(a);
    ElementReader readB = new ElementReader(b);
    long differing = 0;
    double largest = 0;
    double sum = 0;
    double squares = 0;
    double norm = 0;
    for (long i = 0; i < count; i++) {
      double x = readA.get(i);
      double y = readB.get(i);
      norm += x * x;
      if (x != y && !(Double.isNaN(x) && Double.isNaN(y))) {
        double difference = Math.abs(x - y);
        differing++;
        largest = Math.max(largest, difference);
        sum += difference;
        squares += difference * difference;
      }
    }
    return new TensorDifference(
        name,
        text(a),
        text(b),
        differing,
        largest,
        count == 0 ? 0 : sum / count,
        squares == 0 ? 0 : Math.sqrt(squares / norm));
  }

  private static String text(TensorEntry entry) {
    return entry.dtype() + Arrays.toString(entry.shape());
  }

  /// Whether dtype, shape and every element are the same.
  public boolean equal() {
    return differing == 0 && a.equals(b);
  }
}
