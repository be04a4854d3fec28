package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.compat.PythonNumbers;

/// Shares of counts, and how they are written.
final class Figures {
  private Figures() {}

  /// NaN where there is nothing to divide by.
  static double share(int part, int whole) {
    return whole == 0 ? Double.NaN : part / (double) whole;
  }

  /// `part / whole` in percent with two digits, without the sign.
  static String percent(double share) {
    return PythonNumbers.fixed(share * 100, 2);
  }

  /// JSON has no NaN: null.
  static ObjectNode put(ObjectNode figures, String name, double value) {
    return Double.isNaN(value) ? figures.putNull(name) : figures.put(name, value);
  }
}
