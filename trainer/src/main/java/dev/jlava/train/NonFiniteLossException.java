package dev.jlava.train;

import java.util.List;

/// The loss or the gradient became NaN or infinite. The weights are those before the step.
public final class NonFiniteLossException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NonFiniteLossException(double loss, double gradNorm, List<String> sampleIds) {
    super(
        "loss "
            + loss
            + ", gradient norm "
            + gradNorm
            + " (expected finite numbers) in the step of the samples "
            + sampleIds
            + "; lower the learning rate, or look at these samples. The last checkpoint is kept");
  }
}
