package dev.jlava.eval.chat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/// Most requests and tokens within any minute, over all threads: whoever asks waits until the last
/// 60 seconds have room. A server may close it for a while, too.
final class RateLimit {
  private static final Duration WINDOW = Duration.ofMinutes(1);

  private record Grant(Instant at, long tokens) {}

  private final long requests;
  private final long tokens;
  private final Time time;
  private final Deque<Grant> window = new ArrayDeque<>();
  private long tokensInWindow;
  private Instant opens = Instant.MIN;

  RateLimit(long requests, long tokens, Time time) {
    this.requests = requests;
    this.tokens = tokens;
    this.time = time;
  }

  /// Waits until a request of so many tokens may be sent. One larger than the limit goes alone.
  void await(long needed) throws InterruptedException {
    sleepUntil(reserve(needed));
    for (Instant at = opening(); at.isAfter(time.now()); at = opening()) {
      sleepUntil(at);
    }
  }

  /// Lets nobody pass for a while.
  synchronized void close(Duration duration) {
    Instant at = time.now().plus(duration);
    opens = at.isAfter(opens) ? at : opens;
  }

  private synchronized Instant opening() {
    return opens;
  }

  private synchronized Instant reserve(long needed) {
    Instant at = time.now();
    if (!window.isEmpty() && window.getLast().at().isAfter(at)) {
      at = window.getLast().at();
    }
    while (!window.isEmpty()) {
      Instant leaves = window.getFirst().at().plus(WINDOW);
      boolean full = window.size() >= requests || needed > tokens - tokensInWindow;
      if (leaves.isAfter(at)) {
        if (!full) {
          break;
        }
        at = leaves;
      }
      tokensInWindow -= window.removeFirst().tokens();
    }
    window.addLast(new Grant(at, needed));
    tokensInWindow += needed;
    return at;
  }

  private void sleepUntil(Instant at) throws InterruptedException {
    Duration left = Duration.between(time.now(), at);
    if (left.isPositive()) {
      time.sleep(left);
    }
  }
}
