package dev.jlava.cli;

import dev.jlava.eval.run.EvalListener;
import java.io.PrintWriter;
import java.time.Duration;

/// How far an evaluation is, a line now and then.
final class EvalLines implements EvalListener {
  private static final long EVERY = Duration.ofSeconds(2).toNanos();

  private final PrintWriter out;
  private long last = System.nanoTime() - EVERY;

  EvalLines(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void answered(String model, String task, int done, int total) {
    count("%s, %s: %d of %d answered".formatted(model, task, done, total), done == total);
  }

  @Override
  public void judged(String model, String task, int done, int total) {
    count("%s, %s: %d of %d verdicts".formatted(model, task, done, total), done == total);
  }

  private synchronized void count(String line, boolean all) {
    long now = System.nanoTime();
    if (all || now - last >= EVERY) {
      say(line);
      last = now;
    }
  }

  @Override
  public synchronized void say(String line) {
    out.println(line);
    out.flush();
  }
}
