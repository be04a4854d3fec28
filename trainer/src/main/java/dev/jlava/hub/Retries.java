package dev.jlava.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/// How often something is tried again that failed for a reason that may pass, and after what wait:
/// twice as long each time, up to a tenth longer by chance.
///
/// @param times tries after the first
/// @param first wait before the second try
record Retries(int times, Duration first) {
  static final Retries USUAL = new Retries(5, Duration.ofSeconds(1));

  private static final Duration LONGEST = Duration.ofMinutes(1);

  /// A failure that may pass.
  static final class Passing extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration wait;

    /// @param wait what the server asks for; zero where it does not say
    Passing(String message, Duration wait) {
      super(message);
      this.wait = wait;
    }
  }

  /// What is tried.
  interface Attempt<T> {
    T run() throws IOException;
  }

  /// Tries until it comes to something. A server that does not take connections is not waited for.
  <T> T of(Attempt<T> attempt) throws IOException {
    int failed = 0;
    while (true) {
      try {
        return attempt.run();
      } catch (IOException e) {
        if (e.getCause() instanceof ConnectException
            || e.getCause() instanceof HttpConnectTimeoutException) {
          throw e;
        }
        failed++;
        waitAfter(failed, e);
      }
    }
  }

  /// Waits before another try.
  ///
  /// @param failed tries in a row that came to nothing
  /// @throws IOException the failure, where there have been enough
  void waitAfter(int failed, IOException failure) throws IOException {
    if (failed > times) {
      throw failure;
    }
    long millis = first.toMillis() << (failed - 1);
    if (failure instanceof Passing passing) {
      millis = Math.max(millis, passing.wait.toMillis());
    }
    millis = Math.min(millis, LONGEST.toMillis());
    try {
      Thread.sleep(millis + ThreadLocalRandom.current().nextLong(millis / 10 + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure;
    }
  }
}
