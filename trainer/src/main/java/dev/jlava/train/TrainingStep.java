package dev.jlava.train;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Engine;
import dev.jlava.engine.GradientSink;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.VisionLanguageModel;
import java.util.ArrayList;
import java.util.Iterator;
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
  /// @param inBackward whether parameters are updated in the backward pass
  public record Settings(
      Average average, double clipNorm, Tape.Activations activations, boolean inBackward) {
    /// What a gradient of that norm is multiplied by; torch.nn.utils.clip_grad_norm_ has the 1e-6
    /// too.
    double clip(double gradNorm) {
      return Math.min(1, clipNorm / (gradNorm + 1e-6));
    }
  }

  /// What one step did.
  ///
  /// @param loss by the settings' average; NaN, as the norm, where the step had no samples
  /// @param gradNorm before clipping
  public record Result(double loss, double gradNorm, Counts counts, Seconds seconds) {}

  /// What a step read.
  ///
  /// @param tokens positions, images included
  /// @param labelTokens positions with a loss
  /// @param imageTokens positions of images
  public record Counts(int samples, int tokens, int labelTokens, int imageTokens) {}

  /// Where the time went. On a GPU, whose operations run on, what waits for them is `optimizer`.
  ///
  /// @param vision the tower's way forward
  /// @param forward the rest of the way forward
  /// @param backward without updates in it
  public record Seconds(double vision, double forward, double backward, double optimizer) {}

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
  /// @param microBatches read one after the other, as each is needed
  /// @param factor the schedule's factor on the learning rates
  /// @return what was done; with no samples where there are no micro-batches, and nothing is
  ///   updated
  /// @throws NonFiniteLossException where loss or gradient is NaN or infinite; nothing is updated,
  ///   or, with updates in the backward pass, the weights are spoilt
  public Result run(Iterator<PackedBatch> microBatches, double factor) {
    try (StepUpdate update = update(factor);
        Scope scope = new Scope()) {
      long number = (long) optimizer.steps() << Integer.SIZE;
      Sums sums = new Sums();
      while (microBatches.hasNext()) {
        PackedBatch batch = microBatches.next();
        sums.read(batch, model.tokensPerImage());
        update.begin(sums.divisor(settings.average()));
        sums.add(batch, forwardBackward(batch, number++, update, sums));
      }
      if (sums.microBatches == 0) {
        return new Result(Double.NaN, Double.NaN, sums.counts(), new Seconds(0, 0, 0, 0));
      }
      long computed = System.nanoTime();
      Ops ops = engine.ops(scope);
      double loss = sums.loss / sums.divisor(settings.average());
      double gradNorm = update.norm(ops);
      if (!Double.isFinite(loss) || !Double.isFinite(gradNorm)) {
        throw new NonFiniteLossException(
            loss, gradNorm, sums.suspects.isEmpty() ? sums.sampleIds : sums.suspects);
      }
      long inBackward = update.nanos();
      update.finish(ops, settings.clip(gradNorm));
      return new Result(
          loss, gradNorm, sums.counts(), sums.seconds(inBackward, System.nanoTime() - computed));
    }
  }

  private StepUpdate update(double factor) {
    return settings.inBackward()
        ? new UpdateInBackward(optimizer, factor)
        : new UpdateAtEnd(optimizer, factor);
  }

  /// The micro-batch's share of the step's loss, before the division by the step's tokens or
  /// micro-batches.
  ///
  /// @param number of the micro-batch in the stage: step and place in the step
  private double forwardBackward(
      PackedBatch batch, long number, GradientSink gradients, Sums sums) {
    double scale =
        switch (settings.average()) {
          case GLOBAL_TOKENS -> 1.0;
          case MICRO_BATCH -> 1.0 / batch.targets().length;
        };
    try (Scope scope = new Scope();
        Tape tape = Tape.recording(engine.ops(scope), gradients, settings.activations(), number)) {
      long start = System.nanoTime();
      double share = model.train(tape, batch, scale) * scale;
      sums.time(tape, System.nanoTime() - start);
      return share;
    }
  }

  /// What the micro-batches of a step add up to.
  private static final class Sums {
    private double loss;
    private int microBatches;
    private int tokens;
    private int labelTokens;
    private int imageTokens;
    private long all;
    private long vision;
    private long backward;
    private final List<String> sampleIds = new ArrayList<>();
    private final List<String> suspects = new ArrayList<>();

    void read(PackedBatch batch, int tokensPerImage) {
      microBatches++;
      tokens += batch.ids().length;
      labelTokens += batch.targets().length;
      imageTokens += batch.pixels().size() * tokensPerImage;
      sampleIds.addAll(batch.sampleIds());
    }

    /// What sums over the micro-batches are divided by.
    double divisor(Average average) {
      return switch (average) {
        case GLOBAL_TOKENS -> labelTokens;
        case MICRO_BATCH -> microBatches;
      };
    }

    void add(PackedBatch batch, double share) {
      loss += share;
      if (!Double.isFinite(share)) {
        suspects.addAll(batch.sampleIds());
      }
    }

    void time(Tape tape, long nanos) {
      all += nanos;
      vision += tape.nanos(Tape.Phase.VISION);
      backward += tape.nanos(Tape.Phase.BACKWARD);
    }

    Seconds seconds(long inBackward, long atEnd) {
      return new Seconds(
          vision / 1e9,
          (all - vision - backward) / 1e9,
          (backward - inBackward) / 1e9,
          (inBackward + atEnd) / 1e9);
    }

    Counts counts() {
      return new Counts(sampleIds.size(), tokens, labelTokens, imageTokens);
    }
  }
}
