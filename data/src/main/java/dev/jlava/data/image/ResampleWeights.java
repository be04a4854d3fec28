package dev.jlava.data.image;

/// The bicubic weights of one axis as Pillow computes them (`precompute_coeffs` and
/// `normalize_coeffs_8bpc` in Resample.c): in double precision, then in 22-bit fixed point. When
/// shrinking, the kernel widens with the scale, which is antialiasing.
///
/// @param first [outputs] first input of each output
/// @param count [outputs] number of inputs of each output
/// @param weights [outputs × taps] fixed-point weights
/// @param taps room for the weights of one output
record ResampleWeights(int[] first, int[] count, int[] weights, int taps) {
  /// Fraction bits: 8 bits of pixel and 2 of head room remain in an int.
  static final int PRECISION_BITS = 32 - 8 - 2;

  private static final double SUPPORT = 2.0;
  private static final double A = -0.5;

  /// Weights of the outputs `[from, from + outputs)` when `inSize` pixels become `outSize`.
  static ResampleWeights of(int inSize, int outSize, int from, int outputs) {
    double scale = (double) inSize / outSize;
    double filterScale = Math.max(scale, 1.0);
    double support = SUPPORT * filterScale;
    int taps = (int) Math.ceil(support) * 2 + 1;
    var result =
        new ResampleWeights(new int[outputs], new int[outputs], new int[outputs * taps], taps);
    double[] kernel = new double[taps];
    for (int i = 0; i < outputs; i++) {
      double center = (from + i + 0.5) * scale;
      int first = Math.max((int) (center - support + 0.5), 0);
      int count = Math.min((int) (center + support + 0.5), inSize) - first;
      result.first[i] = first;
      result.count[i] = count;
      double sum = 0;
      for (int t = 0; t < count; t++) {
        kernel[t] = bicubic((t + first - center + 0.5) * (1.0 / filterScale));
        sum += kernel[t];
      }
      for (int t = 0; t < count; t++) {
        result.weights[i * taps + t] = fixedPoint(kernel[t] / sum);
      }
    }
    return result;
  }

  /// First input that any output needs.
  int begin() {
    return first[0];
  }

  /// End of the inputs that any output needs.
  int end() {
    return first[first.length - 1] + count[count.length - 1];
  }

  private static int fixedPoint(double weight) {
    return (int) (weight * (1 << PRECISION_BITS) + (weight < 0 ? -0.5 : 0.5));
  }

  /// Keys' cubic convolution kernel with a = -1/2.
  private static double bicubic(double distance) {
    double x = Math.abs(distance);
    if (x < 1.0) {
      return ((A + 2.0) * x - (A + 3.0)) * x * x + 1;
    }
    return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * A : 0.0;
  }
}
