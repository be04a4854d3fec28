package dev.jlava.eval.chat;

/// A request that has no reply.
public final class ChatException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// How far the failure reaches.
  public enum Reach {
    /// This request; others may do better.
    REQUEST,
    /// Every request to this endpoint: a wrong key, an unknown model.
    ENDPOINT,
    /// Every request from now on: the budget is used up.
    BUDGET
  }

  private final Reach reach;

  public ChatException(Reach reach, String message) {
    super(message);
    this.reach = reach;
  }

  public Reach reach() {
    return reach;
  }
}
