package dev.jlava.weights;

/// A fault in weight files: missing, misshapen, truncated or unused tensors. The message names
/// file, tensor, what was found and what was expected.
public final class WeightsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public WeightsException(String message) {
    super(message);
  }

  public WeightsException(String message, Throwable cause) {
    super(message, cause);
  }
}
