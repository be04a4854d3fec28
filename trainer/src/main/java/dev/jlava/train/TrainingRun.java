package dev.jlava.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.checkpoint.Checkpoint;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Libtorch;
import dev.jlava.engine.Scope;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// A recipe carried out: its stages in order, from the newest checkpoint on if there is one, and
/// the trained model written at the end.
public final class TrainingRun {
  private final Recipe recipe;
  private final RunDirectory directory;
  private final Progress progress;
  private final StageObserver observer;

  public TrainingRun(
      Recipe recipe, RunDirectory directory, Progress progress, StageObserver observer) {
    this.recipe = recipe;
    this.directory = directory;
    this.progress = progress;
    this.observer = observer;
  }

  /// Looks at the model between stages and steps, without changing it.
  public interface StageObserver {
    /// Called before the first stage that is left, and after each.
    ///
    /// @param stages that are done; 0 before the first
    void between(Engine engine, VisionLanguageModel model, int stages);

    /// Called after each step, before it is logged.
    ///
    /// @param step that is done, from 1
    /// @return figures for the step's line of metrics, if it found some
    default Optional<ObjectNode> after(
        Engine engine, VisionLanguageModel model, Recipe.Stage stage, int step) {
      return Optional.empty();
    }
  }

  /// Runs what is left of the recipe.
  ///
  /// @param stop asked after every step; ends the run behind a checkpoint
  /// @return whether the run is done, and not stopped
  public boolean run(BooleanSupplier stop) {
    if (directory.isDone()) {
      progress.say("This run is done already");
      return true;
    }
    RecipePlan plan = RecipePlan.of(recipe);
    List<String> names = recipe.stages().stream().map(Recipe.Stage::name).toList();
    Optional<Checkpoint> latest =
        directory.checkpoints(RunState.keep(recipe)).latest(names, progress::say);
    if (latest.isEmpty()) {
      StageData.check(recipe);
    }
    Recipe.Compute runtime = recipe.runtime();
    try (Engine engine = Engine.start(Device.named(runtime.device()), runtime.threads());
        Scope scope = new Scope()) {
      double peak = RunFacts.check(directory, plan, latest.isPresent(), engine);
      directory.truncateMetrics(latest.map(c -> c.manifest().metricsBytes()).orElse(0L));
      sayDevice(engine);
      RecipeModel named = new RecipeModel(recipe);
      VisionLanguageModel model = named.load(engine, scope, named.type());
      AdapterStages adapters = new AdapterStages(recipe, plan.adapters(), engine, scope);
      latest.ifPresent(c -> {
        adapters.enterAllUpTo(c.manifest().stage(), model);
        goOn(engine, c, model);
      });
      StageRun.Setting setting =
          new StageRun.Setting(engine, recipe, model, directory, progress, plan, peak, observer);
      int first = latest.map(c -> stageAfter(c, names)).orElse(0);
      if (latest.map(c -> c.manifest().finished()).orElse(true)) {
        observer.between(engine, model, first);
      }
      for (Recipe.Stage stage : recipe.stages().subList(first, names.size())) {
        adapters.enter(stage, model);
        StageRun run = new StageRun(setting, stage);
        Optional<Checkpoint> inside = latest.filter(c -> c.manifest().stage().equals(stage.name()));
        if (!run.run(inside, stop)) {
          return false;
        }
        observer.between(engine, model, ++first);
      }
      Path written = directory.path().resolve("final.partial");
      adapters.finish(model, written, progress::say);
      named.save(model, written, progress::say);
      directory.finish(written);
      return true;
    }
  }

  private void sayDevice(Engine engine) {
    progress.say("Computes on %s, %d threads".formatted(engine.device(), engine.threads()));
    if (engine.device() instanceof Device.Cpu && Libtorch.leavesGpuUnused()) {
      progress.say("This libtorch cannot use the GPU that is here; docs/gpu.md says which can");
    }
  }

  private void goOn(Engine engine, Checkpoint checkpoint, VisionLanguageModel model) {
    RunState.loadWeights(engine, checkpoint, model);
    progress.say(
        "Resumes after step %d of stage %s (%s)"
            .formatted(
                checkpoint.manifest().step(),
                checkpoint.manifest().stage(),
                checkpoint.directory()));
  }

  private static int stageAfter(Checkpoint checkpoint, List<String> names) {
    int stage = names.indexOf(checkpoint.manifest().stage());
    return checkpoint.manifest().finished() ? stage + 1 : stage;
  }
}
