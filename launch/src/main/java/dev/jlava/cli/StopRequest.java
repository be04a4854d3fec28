package dev.jlava.cli;

import java.util.concurrent.CountDownLatch;

/// SIGTERM and SIGINT as a wish to stop behind the next checkpoint. The process then ends with
/// [ExitCodes#STOPPED], and not in the middle of an operator.
final class StopRequest implements AutoCloseable {
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::await, "jlava-stop");
  private volatile boolean requested;

  private StopRequest() {}

  static StopRequest listen() {
    StopRequest request = new StopRequest();
    Runtime.getRuntime().addShutdownHook(request.hook);
    return request;
  }

  private void await() {
    requested = true;
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(ExitCodes.STOPPED);
  }

  /// Whether the process has been asked to end.
  boolean isRequested() {
    return requested;
  }

  @Override
  public void close() {
    if (!requested) {
      Runtime.getRuntime().removeShutdownHook(hook);
    }
    closed.countDown();
  }
}
