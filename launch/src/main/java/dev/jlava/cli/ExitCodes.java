package dev.jlava.cli;

/// What the process ends with.
final class ExitCodes {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  /// Stopped on request behind a checkpoint: start the same command again to go on (sysexits'
  /// EX_TEMPFAIL, which schedulers requeue).
  static final int STOPPED = 75;

  private ExitCodes() {}
}
