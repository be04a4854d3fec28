package dev.jlava.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.batch.StepReport;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/// What is written and shown of each step of a stage.
final class StepLog {
  private final RunDirectory directory;
  private final Progress progress;
  private final StagePlan plan;
  private final Utilization utilization;

  StepLog(RunDirectory directory, Progress progress, StagePlan plan, Utilization utilization) {
    this.directory = directory;
    this.progress = progress;
    this.plan = plan;
    this.utilization = utilization;
  }

  /// A step that is done.
  ///
  /// @param step its number, from 1
  /// @param epoch passes over the data so far
  /// @param seconds from the wait for its data to its end
  /// @param checkpoint seconds that training stood still for a checkpoint before it
  record Done(
      int step,
      double epoch,
      TrainingStep.Result result,
      StepReport report,
      double seconds,
      double checkpoint) {}

  /// @param evaluation figures of tasks that were asked after the step
  void add(
      Done done,
      Map<String, Double> rates,
      OptionalDouble validationLoss,
      Optional<ObjectNode> evaluation) {
    TrainingStep.Result result = done.result();
    TrainingStep.Counts counts = result.counts();
    StepReport report = done.report();
    ObjectNode line = new ObjectMapper().createObjectNode();
    line.put("stage", plan.stage().name()).put("step", done.step()).put("epoch", done.epoch());
    if (counts.samples() > 0) {
      line.put("loss", result.loss()).put("grad_norm", result.gradNorm());
    }
    ObjectNode lr = line.putObject("lr");
    rates.forEach(lr::put);
    line.put("samples", counts.samples()).put("tokens", counts.tokens());
    line.put("label_tokens", counts.labelTokens()).put("image_tokens", counts.imageTokens());
    line.put("dropped", report.dropped().size()).put("truncated", report.truncated().size());
    line.put("seconds", done.seconds());
    line.set("time", time(done));
    line.put("mfu", utilization.of(counts, done.seconds()));
    line.put("memory_mb", Memory.residentMegabytes());
    validationLoss.ifPresent(loss -> line.put("validation_loss", loss));
    evaluation.ifPresent(figures -> line.set("eval", figures));
    directory.log(line);
    say(done);
  }

  private static ObjectNode time(Done done) {
    TrainingStep.Seconds seconds = done.result().seconds();
    return new ObjectMapper()
        .createObjectNode()
        .put("data", done.report().secondsWaited())
        .put("vision", seconds.vision())
        .put("forward", seconds.forward())
        .put("backward", seconds.backward())
        .put("optimizer", seconds.optimizer())
        .put("checkpoint", done.checkpoint());
  }

  private void say(Done done) {
    String stage = plan.stage().name();
    TrainingStep.Result result = done.result();
    if (!done.report().truncated().isEmpty()) {
      directory.say("Cut to model.max_tokens: samples " + done.report().truncated());
    }
    if (result.counts().samples() == 0) {
      progress.say("Step " + done.step() + " of " + stage + ": every sample is left out");
      return;
    }
    progress.step(
        new Progress.StepLine(
            stage,
            done.step(),
            plan.steps().orElseThrow(),
            result.loss(),
            result.gradNorm(),
            result.counts().tokens() / done.seconds()));
  }
}
