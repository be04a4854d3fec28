package dev.jlava.model;

import org.assertj.core.api.Assertions;

/// Comparison with reference vectors: the first difference is reported with its index and values.
final class Close {
  private Close() {}

  static void assertClose(String what, float[] found, float[] expected, double atol, double rtol) {
    Assertions.assertThat(found).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      double bound = atol + rtol * Math.abs(expected[i]);
      if (!(Math.abs(found[i] - expected[i]) <= bound)) {
        throw new AssertionError(
            what + "[" + i + "]: found " + found[i] + ", expected " + expected[i] + " ± " + bound);
      }
    }
  }
}
