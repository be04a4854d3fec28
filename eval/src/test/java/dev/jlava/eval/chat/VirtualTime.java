package dev.jlava.eval.chat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// A time that passes only by sleeping, which takes no time.
final class VirtualTime implements Time {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final List<Duration> slept = new ArrayList<>();

  @Override
  public synchronized Instant now() {
    return now;
  }

  @Override
  public synchronized void sleep(Duration duration) {
    now = now.plus(duration);
    slept.add(duration);
  }

  synchronized List<Duration> slept() {
    return List.copyOf(slept);
  }
}
