package dev.jlava.cli;

import dev.jlava.hub.Transfers;
import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/// The fetching of a model on the terminal: a bar with bytes, speed and the time left, or a line
/// now and then where the output is no terminal.
final class TerminalTransfers implements Transfers {
  private static final long MEGABYTE = 1_000_000;
  private static final long LINE_EVERY = 10_000_000_000L;

  private final PrintWriter err;
  private final boolean terminal =
      Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  private @Nullable ProgressBar bar;
  private String model = "";
  private long began;
  private long lastLine;
  private long present;
  private long bytes;
  private long total;

  TerminalTransfers(CommandSpec spec) {
    this.err = spec.commandLine().getErr();
  }

  @Override
  public void begins(String name, long alreadyHere, long all) {
    model = name;
    present = alreadyHere;
    bytes = alreadyHere;
    total = all;
    began = System.nanoTime();
    lastLine = began;
    if (terminal && all > alreadyHere) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setUnit(" MB", MEGABYTE)
              .showSpeed()
              .setInitialMax(all)
              .startsFrom(alreadyHere, Duration.ZERO)
              .setStyle(ProgressBarStyle.UNICODE_BLOCK)
              .setUpdateIntervalMillis(200)
              .build();
    }
  }

  @Override
  public void file(String name) {
    if (bar != null) {
      bar.setExtraMessage(name);
    }
  }

  @Override
  public void moved(long more) {
    bytes += more;
    if (bar != null) {
      bar.stepTo(bytes);
    } else if (System.nanoTime() - lastLine > LINE_EVERY) {
      lastLine = System.nanoTime();
      line();
    }
  }

  private void line() {
    double seconds = (System.nanoTime() - began) / 1e9;
    double rate = Math.max(1, (bytes - present) / seconds);
    say(
        "%s: %,d of %,d MB, %.1f MB/s, %.0f s left"
            .formatted(
                model,
                bytes / MEGABYTE,
                total / MEGABYTE,
                rate / MEGABYTE,
                (total - bytes) / rate));
  }

  @Override
  public void ends() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
    if (bytes > present) {
      say(
          "%s: fetched %,d MB in %.0f s"
              .formatted(model, (bytes - present) / MEGABYTE, (System.nanoTime() - began) / 1e9));
    }
  }

  @Override
  public void say(String line) {
    err.println("jlava: " + line);
    err.flush();
  }
}
