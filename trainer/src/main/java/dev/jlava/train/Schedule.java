package dev.jlava.train;

/// The factor on each learning rate by optimizer step, as transformers computes it
/// (`get_scheduler`): linear warm-up from zero, then one of three shapes.
///
/// @param warmupSteps steps of the warm-up; the first step of one has factor 0
/// @param totalSteps steps of the stage
public record Schedule(Shape shape, int warmupSteps, int totalSteps) {
  /// What follows the warm-up.
  public enum Shape {
    COSINE,
    LINEAR,
    CONSTANT
  }

  /// Warm-up as a share of the steps, rounded up (`warmup_ratio`).
  public static int warmupSteps(double ratio, int totalSteps) {
    return (int) Math.ceil(totalSteps * ratio);
  }

  /// Factor of the step with that index, from 0.
  public double factor(int step) {
    if (step < warmupSteps) {
      return (double) step / Math.max(1, warmupSteps);
    }
    double left = totalSteps - warmupSteps;
    double progress = (step - warmupSteps) / Math.max(1.0, left);
    return switch (shape) {
      case COSINE -> Math.max(0.0, 0.5 * (1 + Math.cos(Math.PI * progress)));
      case LINEAR -> Math.max(0.0, (totalSteps - step) / Math.max(1.0, left));
      case CONSTANT -> 1.0;
    };
  }
}
