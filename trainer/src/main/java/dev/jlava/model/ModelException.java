package dev.jlava.model;

/// A model or adapter that JLaVA cannot run: an unknown family, a missing or unsupported setting, a
/// layer that is not there. The message says where, what was found, what is allowed.
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModelException(String message) {
    super(message);
  }

  public ModelException(String message, Throwable cause) {
    super(message, cause);
  }
}
