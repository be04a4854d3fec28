package dev.jlava.model;

/// A model directory that JLaVA cannot run: an unknown family, a missing or unsupported setting.
/// The message says where, what was found, what is allowed.
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModelException(String message) {
    super(message);
  }

  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
