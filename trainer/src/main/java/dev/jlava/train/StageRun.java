package dev.jlava.train;

import dev.jlava.checkpoint.Checkpoint;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.DataException;
import dev.jlava.data.batch.LoadedStep;
import dev.jlava.data.batch.PrefetchingLoader;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Tape;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;

/// One stage of a run: its steps in order, each logged; checkpoints on the way.
final class StageRun {
  private final Engine engine;
  private final Recipe recipe;
  private final Recipe.Stage stage;
  private final VisionLanguageModel model;
  private final RunDirectory directory;
  private final Progress progress;
  private final TrainingRun.StageObserver observer;
  private final StageData data;
  private final HeldOut heldOut;
  private final StagePlan plan;
  private final StepLog log;
  private final LeftOut leftOut;
  private final int steps;
  private final Schedule schedule;

  /// What the stages of a run have in common.
  record Setting(
      Engine engine,
      Recipe recipe,
      VisionLanguageModel model,
      RunDirectory directory,
      Progress progress,
      RecipePlan plan,
      double peakFlops,
      TrainingRun.StageObserver observer) {}

  StageRun(Setting run, Recipe.Stage stage) {
    this.engine = run.engine();
    this.recipe = run.recipe();
    this.stage = stage;
    this.model = run.model();
    this.directory = run.directory();
    this.progress = run.progress();
    this.observer = run.observer();
    this.data = new StageData(recipe, stage, stage.data(), model.tokensPerImage());
    this.plan = run.plan().stage(stage, Optional.of(data.facts()));
    this.heldOut = new HeldOut(engine, model, recipe, stage);
    this.leftOut = new LeftOut(stage, progress);
    Utilization utilization = new Utilization(run.plan().modelFlops(stage), run.peakFlops());
    this.log = new StepLog(directory, progress, plan, utilization);
    this.steps = plan.steps().orElseThrow();
    this.schedule = schedule();
  }

  private Schedule schedule() {
    Recipe.Schedule s = stage.schedule();
    Integer given = s.warmupSteps();
    Double ratio = s.warmupRatio();
    int warmup = given != null ? given : Schedule.warmupSteps(ratio == null ? 0.0 : ratio, steps);
    return new Schedule(Schedule.Shape.valueOf(s.type().name()), warmup, steps);
  }

  /// Runs the steps that are left.
  ///
  /// @param from the checkpoint to go on from, if it is one of this stage
  /// @param stop asked after every step; ends the run behind a checkpoint
  /// @return whether the stage is done
  boolean run(Optional<Checkpoint> from, BooleanSupplier stop) {
    int done = from.map(c -> c.manifest().step()).orElse(0);
    RunState state = new RunState(recipe, directory, model);
    try (Optimizer optimizer =
            new Optimizer(engine, adamw(), ParameterGroups.train(model, rates()));
        PrefetchingLoader loader = data.load(done, steps - done);
        StageSaves saves = new StageSaves(state, stage, optimizer, done)) {
      from.ifPresent(c -> RunState.loadState(engine, c, optimizer));
      progress.say(PlanText.of(plan, OptionalDouble.empty()));
      progress.stage(stage.name(), done, steps);
      TrainingStep step = new TrainingStep(engine, model, optimizer, settings());
      for (int index = done; index < steps; index++) {
        StepLog.Done finished = step(index, loader, step, saves);
        boolean last = index == steps - 1;
        OptionalDouble loss = heldOut.loss(index + 1, last, leftOut);
        log.add(
            finished,
            optimizer.learningRates(schedule.factor(index)),
            loss,
            observer.after(engine, model, stage, index + 1));
        leftOut.add(finished.report());
        if (save(index + 1, loss, stop.getAsBoolean(), saves)) {
          progress.say("Stopped on request after step " + (index + 1) + " of " + stage.name());
          return false;
        }
      }
      return true;
    }
  }

  /// Takes a checkpoint where one is due.
  ///
  /// @param stopping whether the run is to end here
  /// @return whether it does, with steps of the stage left
  private boolean save(int step, OptionalDouble loss, boolean stopping, StageSaves saves) {
    saves.check();
    Optional<DataException> tooMany = leftOut.tooMany();
    boolean last = step == steps;
    boolean due = step % recipe.checkpoint().every() == 0;
    boolean best = recipe.checkpoint().best() && saves.isBest(loss);
    if (last || stopping || due || best || tooMany.isPresent()) {
      Double measured = loss.isPresent() ? loss.getAsDouble() : null;
      saves.take(new StageSaves.Moment(step, last && tooMany.isEmpty(), measured));
    }
    if (tooMany.isPresent()) {
      throw tooMany.get();
    }
    return stopping && !last;
  }

  /// One step. A fault of the data ends the run behind a checkpoint of the steps before it, so that
  /// the run goes on there once the data is repaired.
  private StepLog.Done step(
      int index, PrefetchingLoader loader, TrainingStep step, StageSaves saves) {
    long start = System.nanoTime();
    LoadedStep batches;
    TrainingStep.Result result;
    try {
      batches = loader.next().orElseThrow();
      result = step.run(batches, schedule.factor(index));
    } catch (DataException e) {
      if (index > saves.newest()) {
        saves.take(new StageSaves.Moment(index, false, null));
        progress.say(
            "Saved after step " + saves.newest() + " of " + stage.name() + ", before the fault");
      }
      throw e;
    } catch (NonFiniteLossException e) {
      throw new NonFiniteLossException(stage.name(), index + 1, saves.newest(), e);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double epoch = (double) (index + 1) / data.stepsPerEpoch();
    return new StepLog.Done(
        index + 1, epoch, result, batches.report(), seconds, saves.secondsTaken());
  }

  private Optimizer.Settings adamw() {
    Recipe.Optimizer adamw = stage.optimizer();
    return new Optimizer.Settings(
        adamw.betas().get(0),
        adamw.betas().get(1),
        adamw.eps(),
        Moments.Precision.of(adamw.type()),
        adamw.paged() && engine.device() instanceof Device.Cuda);
  }

  private TrainingStep.Settings settings() {
    double clip = stage.optimizer().clipNorm();
    return new TrainingStep.Settings(
        TrainingStep.Average.valueOf(recipe.loss().average().name()),
        clip == 0 ? Double.POSITIVE_INFINITY : clip,
        Tape.Activations.valueOf(recipe.runtime().activations().name()),
        stage.optimizer().inBackward());
  }

  private Map<String, ParameterGroups.Rate> rates() {
    Map<String, ParameterGroups.Rate> rates = new LinkedHashMap<>();
    double decay = stage.optimizer().weightDecay();
    stage
        .train()
        .byPart()
        .forEach((part, train) -> rates.put(part, new ParameterGroups.Rate(train.lr(), decay)));
    return rates;
  }
}
