package dev.jlava.weights.gguf;

/// The outermost of a block's values.
final class Extremes {
  private Extremes() {}

  static float minimum(float[] values, int from, int size) {
    float minimum = values[from];
    for (int i = 1; i < size; i++) {
      minimum = Math.min(minimum, values[from + i]);
    }
    return minimum;
  }

  static float maximum(float[] values, int from, int size) {
    float maximum = values[from];
    for (int i = 1; i < size; i++) {
      maximum = Math.max(maximum, values[from + i]);
    }
    return maximum;
  }

  /// The value that is farthest from zero, with its sign; the first of several.
  static float largest(float[] values, int from, int size) {
    float largest = values[from];
    for (int i = 1; i < size; i++) {
      if (Math.abs(values[from + i]) > Math.abs(largest)) {
        largest = values[from + i];
      }
    }
    return largest;
  }
}
