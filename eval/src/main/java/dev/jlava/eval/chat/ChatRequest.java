package dev.jlava.eval.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a model is asked. Two equal requests have the same reply, as far as the cache is concerned.
///
/// @param temperature 0 takes the likeliest token
/// @param maxTokens longest reply
/// @param seed of the reply, for endpoints that know seeds; each sample has its own
/// @param sample tells requests apart that are asked several times
public record ChatRequest(
    List<ChatMessage> messages,
    double temperature,
    int maxTokens,
    @Nullable Long seed,
    int sample) {
  public ChatRequest {
    messages = List.copyOf(messages);
  }

  /// The sample's own seed.
  @Nullable Long sampleSeed() {
    return seed == null ? null : seed + sample;
  }
}
