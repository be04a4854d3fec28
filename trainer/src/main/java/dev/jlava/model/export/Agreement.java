package dev.jlava.model.export;

/// How far the logits of a model that was read back are from those of the model that was written.
///
/// @param largest the largest difference of a logit
/// @param spread standard deviation of the logits that were written
/// @param bound largest difference allowed, as a share of the spread
public record Agreement(double largest, double spread, double bound) {
  /// Compares the logits that both have; where new tokens got rows, the read model has more.
  static Agreement of(float[] written, float[] read, double bound) {
    double sum = 0;
    double squares = 0;
    double largest = read.length < written.length ? Double.NaN : 0;
    for (int i = 0; i < written.length && i < read.length; i++) {
      sum += written[i];
      squares += (double) written[i] * written[i];
      double difference = Math.abs((double) written[i] - read[i]);
      largest = Double.isNaN(difference) ? Double.NaN : Math.max(largest, difference);
    }
    double mean = sum / written.length;
    double spread = Math.sqrt(Math.max(0, squares / written.length - mean * mean));
    return new Agreement(largest, spread, bound);
  }

  /// Whether the difference is a number within the bound.
  public boolean holds() {
    return largest <= bound * spread;
  }

  @Override
  public String toString() {
    return "largest difference of a probe's logits %.3g, allowed %.3g (%s of their spread %.3g)"
        .formatted(largest, bound * spread, bound, spread);
  }
}
