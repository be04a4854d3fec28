package dev.jlava.train;

import dev.jlava.checkpoint.CheckpointWriter;
import dev.jlava.recipe.Recipe;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// The checkpoints of one stage as it runs.
final class StageSaves implements AutoCloseable {
  private final RunState state;
  private final Recipe.Stage stage;
  private final Optimizer optimizer;
  private final CheckpointWriter writer;
  private double lowestLoss;
  private int saved;
  private long nanos;

  /// When a checkpoint is taken.
  ///
  /// @param step how many are done
  /// @param finished whether the stage is
  /// @param validationLoss the held-out loss, where it was measured just now
  record Moment(int step, boolean finished, @Nullable Double validationLoss) {}

  /// @param saved step of the checkpoint that the run goes on from; 0 at the stage's start
  StageSaves(RunState state, Recipe.Stage stage, Optimizer optimizer, int saved) {
    this.state = state;
    this.stage = stage;
    this.optimizer = optimizer;
    this.writer = state.writer();
    this.saved = saved;
    this.lowestLoss =
        state.checkpoints().lowestLoss(stage.name(), saved).orElse(Double.POSITIVE_INFINITY);
  }

  /// Whether no checkpoint before had so low a held-out loss.
  boolean isBest(OptionalDouble validationLoss) {
    return validationLoss.orElse(Double.POSITIVE_INFINITY) < lowestLoss;
  }

  /// Takes one. It is whole on disk after [#newest].
  void take(Moment moment) {
    long start = System.nanoTime();
    writer.write(state.place(stage, moment), state.contents(stage, optimizer, moment.finished()));
    saved = moment.step();
    if (moment.validationLoss() != null) {
      lowestLoss = Math.min(lowestLoss, moment.validationLoss());
    }
    nanos += System.nanoTime() - start;
  }

  /// Reports one that could not be written.
  void check() {
    writer.check();
  }

  /// Step of the newest one, once it is whole on disk; 0 where there is none.
  int newest() {
    writer.await();
    return saved;
  }

  /// Seconds that training has stood still for checkpoints since this was asked last.
  double secondsTaken() {
    double seconds = nanos / 1e9;
    nanos = 0;
    return seconds;
  }

  @Override
  public void close() {
    writer.close();
  }
}
