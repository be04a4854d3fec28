package dev.jlava.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.checkpoint.Checkpoint;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.DataException;
import dev.jlava.data.batch.DroppedSample;
import dev.jlava.data.batch.LoadedStep;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.batch.PrefetchingLoader;
import dev.jlava.data.batch.StepReport;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One stage of a run: its steps in order, each logged; checkpoints on the way.
final class StageRun {
  private static final int SHOWN_DROPPED = 5;

  private final Engine engine;
  private final Recipe recipe;
  private final Recipe.Stage stage;
  private final VisionLanguageModel model;
  private final RunDirectory directory;
  private final Progress progress;
  private final StageData data;
  private final @Nullable StageData heldOut;
  private final StagePlan plan;
  private final int steps;
  private final Schedule schedule;
  private final Set<DroppedSample> dropped = new LinkedHashSet<>();

  StageRun(
      Engine engine,
      Recipe recipe,
      Recipe.Stage stage,
      VisionLanguageModel model,
      RunDirectory directory,
      Progress progress,
      RecipePlan recipePlan) {
    this.engine = engine;
    this.recipe = recipe;
    this.stage = stage;
    this.model = model;
    this.directory = directory;
    this.progress = progress;
    this.data = new StageData(recipe, stage, stage.data(), model.tokensPerImage());
    this.plan = recipePlan.stage(stage, Optional.of(data.facts()));
    Recipe.Validation validation = stage.validation();
    this.heldOut =
        validation == null
            ? null
            : new StageData(recipe, unshuffled(stage), validation.data(), model.tokensPerImage());
    this.steps = plan.steps().orElseThrow();
    this.schedule = schedule();
  }

  private static Recipe.Stage unshuffled(Recipe.Stage s) {
    return new Recipe.Stage(
        s.name(),
        s.train(),
        s.data(),
        s.template(),
        new Recipe.Order(false, Recipe.Group.NONE),
        s.epochs(),
        s.steps(),
        s.batch(),
        s.optimizer(),
        s.schedule(),
        s.problems(),
        s.image(),
        s.validation());
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
    Recipe.Optimizer adamw = stage.optimizer();
    Optimizer.Settings settings =
        new Optimizer.Settings(
            adamw.betas().get(0),
            adamw.betas().get(1),
            adamw.eps(),
            Moments.Precision.of(adamw.type()));
    int done = from.map(c -> c.manifest().step()).orElse(0);
    try (Optimizer optimizer =
            new Optimizer(engine, settings, ParameterGroups.train(model, rates()));
        PrefetchingLoader loader = data.load(done, steps - done)) {
      from.ifPresent(c -> RunState.loadState(engine, c, optimizer));
      progress.say(PlanText.of(plan, OptionalDouble.empty()));
      progress.stage(stage.name(), done, steps);
      StageSaves saves =
          new StageSaves(new RunState(recipe, directory, model), stage, optimizer, done);
      TrainingStep step = new TrainingStep(engine, model, optimizer, settings());
      for (int index = done; index < steps; index++) {
        Done finished = step(index, loader, step, saves);
        log(finished, optimizer);
        Optional<DataException> tooMany = count(finished.report());
        boolean last = index == steps - 1;
        boolean stopping = stop.getAsBoolean();
        boolean due = (index + 1) % recipe.checkpoint().every() == 0;
        if (last || stopping || due || tooMany.isPresent()) {
          saves.after(index + 1, last && tooMany.isEmpty());
        }
        if (tooMany.isPresent()) {
          throw tooMany.get();
        }
        if (stopping && !last) {
          progress.say("Stopped on request after step " + (index + 1) + " of " + stage.name());
          return false;
        }
      }
      return true;
    }
  }

  /// A step that is done.
  private record Done(int index, TrainingStep.Result result, StepReport report, double seconds) {
    double tokensPerSecond() {
      return result.counts().tokens() / seconds;
    }
  }

  /// One step. A fault of the data ends the run behind a checkpoint of the steps before it, so that
  /// the run goes on there once the data is repaired.
  private Done step(int index, PrefetchingLoader loader, TrainingStep step, StageSaves saves) {
    long start = System.nanoTime();
    LoadedStep batches;
    TrainingStep.Result result;
    try {
      batches = loader.next().orElseThrow();
      result = step.run(batches, schedule.factor(index));
    } catch (DataException e) {
      if (index > saves.newest()) {
        saves.after(index, false);
        progress.say("Saved after step " + index + " of " + stage.name() + ", before the fault");
      }
      throw e;
    } catch (NonFiniteLossException e) {
      throw new NonFiniteLossException(stage.name(), index + 1, saves.newest(), e);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Done(index, result, batches.report(), seconds);
  }

  private void log(Done done, Optimizer optimizer) {
    int index = done.index();
    TrainingStep.Result result = done.result();
    StepReport report = done.report();
    TrainingStep.Counts counts = result.counts();
    ObjectNode line = new ObjectMapper().createObjectNode();
    line.put("stage", stage.name()).put("step", index + 1);
    line.put("epoch", (double) (index + 1) / data.stepsPerEpoch());
    if (counts.samples() > 0) {
      line.put("loss", result.loss()).put("grad_norm", result.gradNorm());
    }
    ObjectNode lr = line.putObject("lr");
    optimizer.learningRates(schedule.factor(index)).forEach(lr::put);
    line.put("samples", counts.samples()).put("tokens", counts.tokens());
    line.put("label_tokens", counts.labelTokens()).put("image_tokens", counts.imageTokens());
    line.put("dropped", report.dropped().size()).put("truncated", report.truncated().size());
    line.put("seconds", done.seconds());
    line.putObject("time")
        .put("data", report.secondsWaited())
        .put("forward_backward", result.seconds().forwardBackward())
        .put("optimizer", result.seconds().optimizer());
    line.put("memory_mb", Memory.residentMegabytes());
    validate(index).ifPresent(loss -> line.put("validation_loss", loss));
    directory.log(line);
    say(done);
  }

  private void say(Done done) {
    int step = done.index() + 1;
    TrainingStep.Result result = done.result();
    if (!done.report().truncated().isEmpty()) {
      directory.say("Cut to model.max_tokens: samples " + done.report().truncated());
    }
    if (result.counts().samples() == 0) {
      progress.say("Step " + step + " of " + stage.name() + ": every sample is left out");
      return;
    }
    progress.step(
        new Progress.StepLine(
            stage.name(), step, steps, result.loss(), result.gradNorm(), done.tokensPerSecond()));
  }

  /// Names samples that are left out, each once.
  private void name(StepReport report) {
    for (DroppedSample sample : report.dropped()) {
      if (dropped.add(sample)) {
        progress.say("Left out: sample '" + sample.id() + "': " + sample.reason());
      }
    }
  }

  /// The fault where more samples are left out than the recipe allows.
  private Optional<DataException> count(StepReport report) {
    name(report);
    int allowed = stage.problems().allowed();
    return dropped.size() <= allowed
        ? Optional.empty()
        : Optional.of(
            new DataException(
                ("stage %s: %d samples are left out, problems.allowed is %d: %s; repair them or raise"
                        + " problems.allowed, then start the run again")
                    .formatted(
                        stage.name(),
                        dropped.size(),
                        allowed,
                        dropped.stream().limit(SHOWN_DROPPED).map(DroppedSample::id).toList())));
  }

  /// The held-out loss, where it is due after this step: nats a label token.
  private Optional<Double> validate(int index) {
    Recipe.Validation validation = stage.validation();
    if (heldOut == null
        || validation == null
        || ((index + 1) % validation.every() != 0 && index != steps - 1)) {
      return Optional.empty();
    }
    double loss = 0;
    long tokens = 0;
    try (PrefetchingLoader loader = heldOut.load(0, heldOut.stepsPerEpoch())) {
      for (Optional<LoadedStep> next = loader.next(); next.isPresent(); next = loader.next()) {
        while (next.get().hasNext()) {
          PackedBatch batch = next.get().next();
          try (Scope scope = new Scope();
              Tape tape = Tape.forwardOnly(engine.ops(scope))) {
            loss += model.train(tape, batch, 1);
          }
          tokens += batch.targets().length;
        }
        name(next.get().report());
      }
    }
    return tokens == 0 ? Optional.empty() : Optional.of(loss / tokens);
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
