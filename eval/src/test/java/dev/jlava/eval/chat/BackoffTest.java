package dev.jlava.eval.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackoffTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Backoff backoff =
      new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(60), new SplittableRandom(1));

  private double mean(int attempt) {
    return IntStream.range(0, 2000)
        .mapToLong(i -> backoff.delay(attempt, Optional.empty()).toMillis())
        .average()
        .orElseThrow();
  }

  /// Uniform from zero to 1, 2, 4 … 60 seconds.
  @Test
  void waitsDoubleWithFullJitter() {
    assertThat(mean(0)).isBetween(450.0, 550.0);
    assertThat(mean(3)).isBetween(3600.0, 4400.0);
    assertThat(mean(9)).isBetween(27_000.0, 33_000.0);
    assertThat(mean(63)).isBetween(27_000.0, 33_000.0);
  }

  @ParameterizedTest
  @CsvSource({
    "7, 7000",
    "' 0 ', 0",
    "1.5, 1500",
    "'Thu, 01 Jan 2026 00:02:00 GMT', 120000",
    "'Wed, 31 Dec 2025 23:59:00 GMT', 0",
    "-3, ",
    "soon, ",
    "'', ",
  })
  void retryAfterIsSecondsOrADate(String header, Long millis) {
    assertThat(Backoff.retryAfter(header, NOW))
        .isEqualTo(Optional.ofNullable(millis).map(Duration::ofMillis));
  }
}
