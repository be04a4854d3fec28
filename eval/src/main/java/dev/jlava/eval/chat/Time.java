package dev.jlava.eval.chat;

import java.time.Duration;
import java.time.Instant;

/// The time, and waiting for it to pass; tests have their own.
interface Time {
  /// The machine's.
  Time SYSTEM =
      new Time() {
        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
          Thread.sleep(duration);
        }
      };

  Instant now();

  void sleep(Duration duration) throws InterruptedException;
}
