package dev.jlava.train;

/// Hears of a run as it goes on.
public interface Progress {
  /// A stage begins, or goes on after `done` of its steps.
  void stage(String name, int done, int steps);

  /// A step is done.
  void step(StepLine line);

  /// Anything else that the user should read.
  void say(String line);

  /// What is shown of a step.
  record StepLine(
      String stage, int step, int steps, double loss, double gradNorm, double tokensPerSecond) {
    @Override
    public String toString() {
      return "%s %d/%d  loss %.4f  grad norm %.3f  %.0f tokens/s"
          .formatted(stage, step, steps, loss, gradNorm, tokensPerSecond);
    }
  }
}
