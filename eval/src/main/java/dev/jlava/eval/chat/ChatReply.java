package dev.jlava.eval.chat;

/// What a model answered.
///
/// @param finish why it ended, in the endpoint's words: `stop`, `length`, `content_filter`;
///   `refusal` where the endpoint marks the text as one
/// @param seconds of the attempt that succeeded
/// @param cached whether it comes from the cache, where nothing was asked
public record ChatReply(String text, String finish, Usage usage, double seconds, boolean cached) {
  /// Tokens of a request and its reply.
  ///
  /// @param estimated whether the endpoint did not say and they are a guess
  public record Usage(long promptTokens, long completionTokens, boolean estimated) {
    static final Usage NONE = new Usage(0, 0, false);

    public long total() {
      return promptTokens + completionTokens;
    }

    Usage plus(Usage other) {
      return new Usage(
          promptTokens + other.promptTokens,
          completionTokens + other.completionTokens,
          estimated || other.estimated);
    }

    Usage minus(Usage other) {
      return new Usage(
          promptTokens - other.promptTokens, completionTokens - other.completionTokens, estimated);
    }
  }
}
