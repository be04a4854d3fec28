package dev.jlava.hub;

/// A model of the hub that cannot be had: unknown, not for this user, not reachable, damaged on the
/// way, or no room for it. The message says which, and what to do.
public final class HubException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public HubException(String message) {
    super(message);
  }

  public HubException(String message, Throwable cause) {
    super(message, cause);
  }
}
