package dev.jlava.cli;

import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.train.Progress;
import java.io.Console;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/// A run on the terminal: a bar with loss, tokens a second and the time left, or a line now and
/// then where the output is no terminal. Every step goes into `log.txt`.
final class TerminalProgress implements Progress, AutoCloseable {
  private static final long LINE_EVERY = 2_000_000_000L;

  private final PrintWriter out;
  private final RunDirectory directory;
  private final boolean terminal =
      Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  private @Nullable ProgressBar bar;
  private String stage = "";
  private int last;
  private int total;
  private long lastLine;

  TerminalProgress(PrintWriter out, RunDirectory directory) {
    this.out = out;
    this.directory = directory;
  }

  @Override
  public void stage(String name, int done, int steps) {
    close();
    stage = name;
    last = done;
    total = steps;
    if (terminal) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(steps)
              .startsFrom(done, java.time.Duration.ZERO)
              .setStyle(ProgressBarStyle.UNICODE_BLOCK)
              .setUpdateIntervalMillis(200)
              .build();
    }
  }

  @Override
  public void step(StepLine line) {
    directory.say(line.toString());
    last = line.step();
    if (bar != null) {
      bar.stepTo(line.step());
      bar.setExtraMessage(
          "loss %.4f  %.0f tokens/s".formatted(line.loss(), line.tokensPerSecond()));
      return;
    }
    long now = System.nanoTime();
    boolean ends = line.step() == 1 || line.step() == line.steps();
    if (ends || now - lastLine > LINE_EVERY) {
      out.println(line);
      out.flush();
      lastLine = now;
    }
  }

  @Override
  public void say(String line) {
    directory.say(line);
    boolean open = bar != null;
    close();
    out.println(line);
    out.flush();
    if (open && last < total) {
      stage(stage, last, total);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      Objects.requireNonNull(bar).close();
      bar = null;
    }
  }
}
