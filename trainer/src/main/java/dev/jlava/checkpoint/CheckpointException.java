package dev.jlava.checkpoint;

/// A run directory that cannot be used or written. The message says which, why, and what to do.
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
