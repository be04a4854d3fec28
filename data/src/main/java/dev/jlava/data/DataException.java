package dev.jlava.data;

/// A fault in the user's data: a broken file, a malformed sample, a missing image. The message says
/// where, what was found, what was expected, and what to do.
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DataException(String message) {
    super(message);
  }

  public DataException(String message, Throwable cause) {
    super(message, cause);
  }
}
