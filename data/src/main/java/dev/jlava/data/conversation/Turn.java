package dev.jlava.data.conversation;

/// What one side says, with `<image>` marks where images stand.
public record Turn(Role role, String text) {
  /// Who speaks; `human` and `gpt` in LLaVA's files.
  public enum Role {
    USER,
    ASSISTANT
  }
}
