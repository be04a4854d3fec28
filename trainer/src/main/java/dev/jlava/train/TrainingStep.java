package dev.jlava.train;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.model.VisionLanguageModel;
import java.util.List;

/// One optimizer step: forward and backward of its micro-batches, the average, clipping, the
/// update.
public final class TrainingStep {
  /// What a token's loss is divided by.
  public enum Average {
    /// The valid tokens of the whole step: how the step is split changes nothing.
    GLOBAL_TOKENS,
    /// The valid tokens of the micro-batch, then the number of micro-batches: the original LLaVA's
    /// rule (transformers 4.37).
    MICRO_BATCH
  }

  /// What a stage fixes for all its steps.
  ///
  /// @param clipNorm largest gradient norm; infinite for none
  public record Settings(Average average, double clipNorm, Tape.Activations activations) {}

  /// What one step did.
  ///
  /// @param loss by the settings' average
  /// @param gradNorm before clipping
  public record Result(double loss, double gradNorm, Seconds seconds) {}

  /// Where the time went.
  public record Seconds(double forwardBackward, double optimizer) {}

  private final Engine engine;
  private final VisionLanguageModel model;
  private final Optimizer optimizer;
  private final Settings settings;

  public TrainingStep(
      Engine engine, VisionLanguageModel model, Optimizer optimizer, Settings settings) {
    this.engine = engine;
    this.model = model;
    this.optimizer = optimizer;
    this.settings = settings;
  }

  /// Runs one step.
  ///
  /// @param factor the schedule's factor on the learning rates
  /// @throws NonFiniteLossException where loss or gradient is NaN or infinite; nothing is updated
  public Result run(List<PackedBatch> microBatches, double factor) {
    long start = System.nanoTime();
    try (Gradients gradients = new Gradients();
        Scope scope = new Scope()) {
      double loss = 0;
      long tokens = 0;
      long number = (long) optimizer.steps() << Integer.SIZE;
      for (PackedBatch batch : microBatches) {
        loss += forwardBackward(batch, number++, microBatches.size(), gradients);
        tokens += batch.targets().length;
      }
      boolean global = settings.average() == Average.GLOBAL_TOKENS;
      long computed = System.nanoTime();
      Ops ops = engine.ops(scope);
      List<Tensor> all = gradients.of(ops, optimizer.parameters());
      double divisor = global ? tokens : 1;
      double gradNorm = ops.norm(all) / divisor;
      requireFinite(loss / divisor, gradNorm, microBatches);
      // torch.nn.utils.clip_grad_norm_ has the 1e-6 too.
      double clip = Math.min(1, settings.clipNorm() / (gradNorm + 1e-6));
      ops.scale(all, clip / divisor);
      optimizer.step(ops, all, factor);
      long done = System.nanoTime();
      Seconds seconds = new Seconds((computed - start) / 1e9, (done - computed) / 1e9);
      return new Result(loss / divisor, gradNorm, seconds);
    }
  }

  /// The micro-batch's share of the step's loss, before the division by the step's tokens.
  ///
  /// @param number of the micro-batch in the stage: step and place in the step
  private double forwardBackward(
      PackedBatch batch, long number, int numMicroBatches, Gradients gradients) {
    double scale =
        switch (settings.average()) {
          case GLOBAL_TOKENS -> 1.0;
          case MICRO_BATCH -> 1.0 / ((double) batch.targets().length * numMicroBatches);
        };
    try (Scope scope = new Scope();
        Tape tape = Tape.recording(engine.ops(scope), gradients, settings.activations(), number)) {
      return model.train(tape, batch, scale) * scale;
    }
  }

  private static void requireFinite(double loss, double gradNorm, List<PackedBatch> batches) {
    if (!Double.isFinite(loss) || !Double.isFinite(gradNorm)) {
      List<String> samples = batches.stream().flatMap(b -> b.sampleIds().stream()).toList();
      throw new NonFiniteLossException(loss, gradNorm, samples);
    }
  }
}
