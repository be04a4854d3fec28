package dev.jlava.data.batch;

import dev.jlava.data.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.IntFunction;

/// The thread that runs ahead of training: it has samples tokenised, splits steps, and has images
/// decoded as long as there is room for another micro-batch. It waits; the workers work.
final class StepPlanner implements Runnable {
  private final StepPlan plan;
  private final LoaderSettings settings;
  private final IntFunction<PreparedSample> samples;
  private final Function<Path, float[]> images;
  private final ExecutorService workers;
  private final BlockingQueue<PlannedItem> planned;
  private final Semaphore room;

  StepPlanner(
      StepPlan plan,
      LoaderSettings settings,
      IntFunction<PreparedSample> samples,
      Function<Path, float[]> images,
      Pipe pipe) {
    this.plan = plan;
    this.settings = settings;
    this.samples = samples;
    this.images = images;
    this.workers = pipe.workers();
    this.planned = pipe.planned();
    this.room = pipe.room();
  }

  /// What the planner shares with the loader.
  ///
  /// @param room a permit for each micro-batch that may lie ready
  record Pipe(ExecutorService workers, BlockingQueue<PlannedItem> planned, Semaphore room) {}

  @Override
  public void run() {
    try {
      planSteps();
      planned.add(new PlannedItem.End());
    } catch (InterruptedException e) {
      planned.add(new PlannedItem.Failure(e));
    } catch (RuntimeException | Error e) {
      planned.add(new PlannedItem.Failure(e));
    }
  }

  private void planSteps() throws InterruptedException {
    int epoch = plan.from().epoch();
    int step = plan.from().step();
    EpochOrder order = plan.epochs().apply(epoch);
    for (int done = 0; done < plan.steps(); done++) {
      if (step == order.steps()) {
        epoch++;
        step = 0;
        order = plan.epochs().apply(epoch);
      }
      plan(new Position(epoch, step), order.step(step));
      step++;
    }
  }

  private void plan(Position position, int[] indices) throws InterruptedException {
    List<Future<PreparedSample>> prepared = new ArrayList<>();
    for (int index : indices) {
      prepared.add(workers.submit(() -> samples.apply(index)));
    }
    List<Example> examples = new ArrayList<>();
    List<DroppedSample> dropped = new ArrayList<>();
    for (int i = 0; i < indices.length; i++) {
      switch (prepared(prepared.get(i), indices[i])) {
        case PreparedSample.Ready(Example example) -> examples.add(example);
        case PreparedSample.Dropped(DroppedSample sample) -> dropped.add(sample);
      }
    }
    List<List<Example>> split = settings.microBatches().split(examples, settings.tokensPerImage());
    planned.add(new PlannedItem.Step(position, split, dropped));
    for (List<Example> microBatch : split) {
      room.acquire();
      planned.add(new PlannedItem.MicroBatch(microBatch.stream().map(this::load).toList()));
    }
  }

  private static PreparedSample prepared(Future<PreparedSample> sample, int index)
      throws InterruptedException {
    try {
      return sample.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof DataException fault) {
        throw fault;
      }
      throw new IllegalStateException("sample at index " + index + ": " + e.getCause(), e);
    }
  }

  private PlannedItem.Loading load(Example example) {
    List<Future<float[]>> pixels = new ArrayList<>();
    for (Path image : example.images()) {
      pixels.add(workers.submit(() -> images.apply(image)));
    }
    return new PlannedItem.Loading(example, pixels);
  }
}
