package dev.jlava.cli;

import dev.jlava.eval.judge.JudgeRun;
import java.io.PrintWriter;
import java.time.Duration;

/// How many verdicts are in, a line now and then.
final class JudgeProgress implements JudgeRun.Progress {
  private static final long LINE_EVERY = Duration.ofSeconds(5).toNanos();

  private final PrintWriter err;
  private long lastLine = System.nanoTime();

  JudgeProgress(PrintWriter err) {
    this.err = err;
  }

  @Override
  public synchronized void verdict(String label, int done, int all) {
    if (done == all || System.nanoTime() - lastLine > LINE_EVERY) {
      err.println("jlava: " + label + ": " + done + " of " + all + " verdicts");
      err.flush();
      lastLine = System.nanoTime();
    }
  }
}
