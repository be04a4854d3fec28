package dev.jlava.eval.chat;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// How long to wait before the next attempt: exponentially longer each time with full jitter (a
/// uniform draw from zero up), so that clients do not come back together; and never less than the
/// server asks for.
///
/// @param first upper end of the first wait
/// @param longest upper end of any wait that the server did not ask for
record Backoff(Duration first, Duration longest, RandomGenerator random) {
  /// After the attempt of that number, from 0.
  Duration delay(int attempt, Optional<Duration> retryAfter) {
    if (retryAfter.isPresent()) {
      return retryAfter.get().plus(drawn(first));
    }
    Duration upper = first.multipliedBy(1L << Math.min(attempt, 20));
    return drawn(upper.compareTo(longest) < 0 ? upper : longest);
  }

  private Duration drawn(Duration upper) {
    return Duration.ofNanos(random.nextLong(upper.toNanos() + 1));
  }

  /// Reads a Retry-After header: seconds, or a date (RFC 9110).
  static Optional<Duration> retryAfter(String header, Instant now) {
    String value = header.strip();
    if (value.matches("\\d{1,9}(\\.\\d*)?")) {
      return Optional.of(Duration.ofMillis((long) Math.ceil(Double.parseDouble(value) * 1000)));
    }
    try {
      Instant at = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(at.isAfter(now) ? Duration.between(now, at) : Duration.ZERO);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
