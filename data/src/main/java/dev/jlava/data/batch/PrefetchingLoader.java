package dev.jlava.data.batch;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Loads steps ahead of training: worker threads tokenise samples and decode images while the
/// training thread computes. What it yields does not depend on the number of workers nor on timing.
/// Memory is bounded by the look-ahead. To be used by one thread; `close` ends the others.
public final class PrefetchingLoader implements AutoCloseable {
  private final LoaderSettings settings;
  private final ExecutorService workers;
  private final BlockingQueue<PlannedItem> planned = new LinkedBlockingQueue<>();
  private final Semaphore room;
  private final Thread planner;
  private @Nullable LoadedStep current;

  /// Starts loading.
  ///
  /// @param samples tokenises the sample at an index; called by several threads
  /// @param images decodes an image file to pixel values; called by several threads
  public PrefetchingLoader(
      StepPlan plan,
      LoaderSettings settings,
      IntFunction<PreparedSample> samples,
      Function<Path, float[]> images) {
    this.settings = settings;
    this.room = new Semaphore(settings.lookAhead());
    this.workers =
        Executors.newFixedThreadPool(
            settings.workers(), Thread.ofPlatform().daemon().name("jlava-data-", 1).factory());
    var pipe = new StepPlanner.Pipe(workers, planned, room);
    this.planner =
        Thread.ofPlatform()
            .daemon()
            .name("jlava-data-planner")
            .start(new StepPlanner(plan, settings, samples, images, pipe));
  }

  /// The next step, or nothing after the last one.
  ///
  /// @throws dev.jlava.data.DataException if a sample of the step cannot be prepared
  public Optional<LoadedStep> next() {
    if (current != null && !current.isRead()) {
      throw new IllegalStateException("the step before is not read to its end");
    }
    PlannedItems items = new PlannedItems(planned, room);
    PlannedItem item = items.next();
    return switch (item) {
      case PlannedItem.Step step -> {
        current = new LoadedStep(step, settings, items);
        yield Optional.of(current);
      }
      case PlannedItem.End _ -> {
        planned.add(item);
        yield Optional.empty();
      }
      case PlannedItem.Failure(Throwable cause) -> {
        planned.add(item);
        throw PlannedItems.failure(cause);
      }
      case PlannedItem.MicroBatch _ -> throw new IllegalStateException("a step is missing");
    };
  }

  /// Ends all threads; what was loaded ahead is lost.
  @Override
  public void close() {
    planner.interrupt();
    workers.shutdownNow();
    try {
      planner.join();
      workers.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
