package dev.jlava.eval.chat;

import java.nio.file.Path;
import java.util.List;

/// One message of a conversation.
///
/// @param parts texts and images, in order
public record ChatMessage(Role role, List<Part> parts) {
  public ChatMessage {
    parts = List.copyOf(parts);
  }

  /// Who speaks.
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT
  }

  /// A piece of a message.
  public sealed interface Part {}

  /// A text.
  public record Text(String text) implements Part {}

  /// An image file: PNG, JPEG, GIF or WebP.
  public record Image(Path file) implements Part {}

  public static ChatMessage system(String text) {
    return new ChatMessage(Role.SYSTEM, List.of(new Text(text)));
  }

  public static ChatMessage user(String text) {
    return new ChatMessage(Role.USER, List.of(new Text(text)));
  }
}
