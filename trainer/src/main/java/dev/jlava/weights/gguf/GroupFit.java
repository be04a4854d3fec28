package dev.jlava.weights.gguf;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The scale of a group of values that loses least when the values become whole multiples of it:
/// the searches of llama.cpp's k-quants, in fp32 and in their order.
final class GroupFit {
  /// Values below this count as zero.
  static final float NOTHING = 1e-15f;

  private GroupFit() {}

  /// Levels above a minimum: `scale · level − depth`.
  record Line(float scale, float depth) {}

  /// The scale for levels −size to size − 1, errors weighted by the squared value: of 19 steps
  /// about the one that takes the value farthest from zero to −size, each followed by the least
  /// squares of its levels.
  static float scale(float[] values, int from, int count, int size) {
    float largest = Extremes.largest(values, from, count);
    if (Math.abs(largest) < NOTHING) {
      return 0;
    }
    float scale = 0;
    float best = 0;
    for (int step : STEPS) {
      float inverse = -(size + 0.1f * step) / largest;
      float withValues = 0;
      float squares = 0;
      for (int i = from; i < from + count; i++) {
        float x = values[i];
        int level = Bits.nearest(inverse * x, -size, size - 1);
        float weight = x * x;
        withValues += weight * x * level;
        squares += weight * level * level;
      }
      boolean first = step == 0;
      if (squares > 0 && (first || withValues * withValues > best * squares)) {
        scale = withValues / squares;
        best = scale * withValues;
      }
    }
    return scale;
  }

  /// The step in the middle comes first, so that others must be better.
  private static final int[] STEPS = {
    0, -9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9
  };

  /// Which lines are tried: with the highest level moved by tenths, from the first to so many
  /// behind it.
  record Search(float first, int tenths) {}

  /// The line for levels 0 to most, errors weighted by the value's size and the group's: of the
  /// plain line between the extremes and those of a search, each the least squares of its levels.
  static Line line(float[] values, int from, int count, int most, Search search) {
    float[] x = Arrays.copyOfRange(values, from, from + count);
    float minimum = Math.min(0, Extremes.minimum(x, 0, count));
    float maximum = Extremes.maximum(x, 0, count);
    if (maximum == minimum) {
      return new Line(0, -minimum);
    }
    float[] weights = weights(x);
    int[] levels = new int[count];
    float inverse = most / (maximum - minimum);
    Line best = new Line(1 / inverse, -minimum);
    levels(x, inverse, minimum, most, levels);
    float error = error(x, weights, levels, best);
    for (int step = 0; step <= search.tenths(); step++) {
      inverse = (search.first() + 0.1f * step + most) / (maximum - minimum);
      levels(x, inverse, minimum, most, levels);
      Line line = leastSquares(x, weights, levels);
      float lineError = line == null ? error : error(x, weights, levels, line);
      if (line != null && lineError < error) {
        error = lineError;
        best = line;
        minimum = -line.depth(); // what follows starts there, as llama.cpp has it
      }
    }
    return best;
  }

  private static float[] weights(float[] x) {
    float squares = 0;
    for (float value : x) {
      squares += value * value;
    }
    float mean = (float) Math.sqrt(squares / x.length);
    float[] weights = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      weights[i] = mean + Math.abs(x[i]);
    }
    return weights;
  }

  private static void levels(float[] x, float inverse, float minimum, int most, int[] levels) {
    for (int i = 0; i < x.length; i++) {
      levels[i] = Bits.nearest(inverse * (x[i] - minimum), 0, most);
    }
  }

  /// The line through the levels, null where they are all one; none lies above zero.
  private static @Nullable Line leastSquares(float[] x, float[] weights, int[] levels) {
    float sumWeights = 0;
    float sumValues = 0;
    float sumLevels = 0;
    float squares = 0;
    float products = 0;
    for (int i = 0; i < x.length; i++) {
      float weight = weights[i];
      sumWeights += weight;
      sumValues += weight * x[i];
      sumLevels += weight * levels[i];
      squares += weight * levels[i] * levels[i];
      products += weight * levels[i] * x[i];
    }
    float determinant = sumWeights * squares - sumLevels * sumLevels;
    if (!(determinant > 0)) {
      return null;
    }
    float minimum = (squares * sumValues - sumLevels * products) / determinant;
    if (minimum > 0) {
      return new Line(products / squares, 0);
    }
    return new Line((sumWeights * products - sumValues * sumLevels) / determinant, -minimum);
  }

  private static float error(float[] x, float[] weights, int[] levels, Line line) {
    float sum = 0;
    for (int i = 0; i < x.length; i++) {
      float difference = line.scale * levels[i] - line.depth - x[i];
      sum += weights[i] * (difference * difference);
    }
    return sum;
  }
}
