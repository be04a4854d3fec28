package dev.jlava.train;

import java.util.List;

/// The loss or the gradient became NaN or infinite. The weights are those before the step.
public final class NonFiniteLossException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// @param sampleIds of the micro-batches whose loss it is; of the whole step where every loss is
  ///   finite and the gradient is not
  NonFiniteLossException(double loss, double gradNorm, List<String> sampleIds) {
    super(
        "loss "
            + loss
            + ", gradient norm "
            + gradNorm
            + " (expected finite numbers) with the samples "
            + sampleIds
            + "; lower the learning rate, or look at these samples and the weights that the stage"
            + " begins with");
  }

  /// The same where it is known when it happened and what is saved.
  NonFiniteLossException(String stage, int step, int saved, NonFiniteLossException cause) {
    super(
        "stage %s, step %d: %s. %s"
            .formatted(
                stage,
                step,
                cause.getMessage(),
                saved == 0
                    ? "This stage has no checkpoint yet; those of stages before it are kept"
                    : "The checkpoint after step " + saved + " is kept"),
        cause);
  }
}
