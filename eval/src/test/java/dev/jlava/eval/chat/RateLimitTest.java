package dev.jlava.eval.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RateLimitTest {
  private final VirtualTime time = new VirtualTime();
  private final Instant start = time.now();

  private Duration passed(RateLimit limit, long tokens) throws InterruptedException {
    limit.await(tokens);
    return Duration.between(start, time.now());
  }

  @Test
  void tokensWaitForRoom() throws Exception {
    RateLimit limit = new RateLimit(Long.MAX_VALUE, 100, time);
    assertThat(passed(limit, 60)).isZero();
    time.sleep(Duration.ofSeconds(20));
    assertThat(passed(limit, 40)).isEqualTo(Duration.ofSeconds(20));
    assertThat(passed(limit, 50)).isEqualTo(Duration.ofSeconds(60));
    assertThat(passed(limit, 30)).isEqualTo(Duration.ofSeconds(80));
    // Larger than the limit: alone in its minute.
    assertThat(passed(limit, 500)).isEqualTo(Duration.ofSeconds(140));
    assertThat(passed(limit, 1)).isEqualTo(Duration.ofSeconds(200));
  }

  @Test
  void noMinuteHoldsMoreThanTheLimits() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    RateLimit limit = new RateLimit(10, 1000, time);
    List<Instant> at = new ArrayList<>();
    List<Long> tokens = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      tokens.add(random.nextLong(1, 300));
      limit.await(tokens.getLast());
      at.add(time.now());
      time.sleep(Duration.ofMillis(random.nextInt(9000)));
    }
    for (int i = 0; i < 200; i++) {
      Instant end = at.get(i).plusSeconds(60);
      long sum = 0;
      int count = 0;
      for (int k = i; k < 200 && at.get(k).isBefore(end); k++) {
        sum += tokens.get(k);
        count++;
      }
      assertThat(count).isLessThanOrEqualTo(10);
      assertThat(sum).isLessThanOrEqualTo(1000);
    }
  }

  @Test
  void aClosedLimitLetsNobodyPass() throws Exception {
    RateLimit limit = new RateLimit(Long.MAX_VALUE, Long.MAX_VALUE, time);
    limit.close(Duration.ofSeconds(9));
    limit.close(Duration.ofSeconds(5));
    assertThat(passed(limit, 1)).isEqualTo(Duration.ofSeconds(9));
  }
}
