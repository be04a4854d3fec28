package dev.jlava.eval.chat;

import dev.jlava.eval.chat.ChatException.Reach;
import dev.jlava.eval.chat.ChatReply.Usage;
import java.time.Duration;
import java.util.Optional;

/// How one attempt to get a reply ended.
sealed interface Attempt {
  /// Tokens that it may be charged for: a reply that did not arrive whole counts as estimated.
  Usage used();

  /// With a reply.
  record Answered(ChatReply reply) implements Attempt {
    @Override
    public Usage used() {
      return reply.usage();
    }
  }

  /// Without one, but another attempt may get one.
  ///
  /// @param retryAfter how long the endpoint asks to wait
  record Faulty(String what, Optional<Duration> retryAfter, Usage used) implements Attempt {}

  /// For good.
  record Lost(Reach reach, String what) implements Attempt {
    @Override
    public Usage used() {
      return Usage.NONE;
    }
  }
}
