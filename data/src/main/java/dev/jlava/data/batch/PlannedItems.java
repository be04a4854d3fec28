package dev.jlava.data.batch;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/// The training thread's end of the queue for one step, with a clock that runs while it waits.
final class PlannedItems {
  private static final double NANOS = 1e9;

  private final BlockingQueue<PlannedItem> planned;
  private final Semaphore room;
  private long waited;

  PlannedItems(BlockingQueue<PlannedItem> planned, Semaphore room) {
    this.planned = planned;
    this.room = room;
  }

  PlannedItem next() {
    long begin = System.nanoTime();
    try {
      return planned.take();
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      waited += System.nanoTime() - begin;
    }
  }

  /// The next micro-batch; its place becomes free for another one.
  PlannedItem.MicroBatch microBatch() {
    return switch (next()) {
      case PlannedItem.MicroBatch microBatch -> {
        room.release();
        yield microBatch;
      }
      case PlannedItem.Failure(Throwable cause) -> throw failure(cause);
      case PlannedItem.Step _, PlannedItem.End _ ->
          throw new IllegalStateException("a micro-batch is missing");
    };
  }

  float[] await(Future<float[]> image) throws ExecutionException {
    long begin = System.nanoTime();
    try {
      return image.get();
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      waited += System.nanoTime() - begin;
    }
  }

  double secondsWaited() {
    return waited / NANOS;
  }

  /// The planner's own exception, which names the sample; it reaches the training thread as it is.
  static RuntimeException failure(Throwable cause) {
    return switch (cause) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new IllegalStateException("loading ended: " + cause, cause);
    };
  }

  private static IllegalStateException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new IllegalStateException("interrupted while waiting for data", e);
  }
}
