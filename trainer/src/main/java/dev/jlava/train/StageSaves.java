package dev.jlava.train;

import dev.jlava.recipe.Recipe;

/// The checkpoints of one stage as it runs.
final class StageSaves {
  private final RunState state;
  private final Recipe.Stage stage;
  private final Optimizer optimizer;
  private int saved;

  /// @param saved step of the checkpoint that the run goes on from; 0 at the stage's start
  StageSaves(RunState state, Recipe.Stage stage, Optimizer optimizer, int saved) {
    this.state = state;
    this.stage = stage;
    this.optimizer = optimizer;
    this.saved = saved;
  }

  /// Writes one after some steps.
  void after(int step, boolean finished) {
    state.save(stage, step, optimizer, finished);
    saved = step;
  }

  /// Step of the newest one; 0 where there is none.
  int newest() {
    return saved;
  }
}
