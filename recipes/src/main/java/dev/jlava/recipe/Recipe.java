package dev.jlava.recipe;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A training recipe: a model, and the stages that train it. Defaults are in [RecipeLoader].
///
/// @param output the run directory
public record Recipe(
    String name,
    long seed,
    Path output,
    Model model,
    Compute runtime,
    List<Stage> stages,
    Average average) {

  /// The model: a LLaVA directory.
  ///
  /// @param maxTokens longest sequence, images included
  public record Model(Path path, Aspect aspect, int maxTokens) {}

  /// How an image becomes a square: cropped (`square`), or padded with the mean colour (`pad`).
  public enum Aspect {
    SQUARE,
    PAD
  }

  /// Where and how precisely.
  ///
  /// @param threads threads of one operator; 0 for libtorch's choice
  public record Compute(Precision precision, Activations activations, int threads) {}

  /// Dtype of weights and activations.
  public enum Precision {
    FP32,
    BF16
  }

  /// What the backward pass keeps of the forward pass.
  public enum Activations {
    KEEP,
    RECOMPUTE
  }

  /// What a token's loss is divided by.
  public enum Average {
    GLOBAL_TOKENS,
    MICRO_BATCH
  }

  /// One stage; parts that `train` does not name are frozen.
  ///
  /// @param steps optimizer steps, in place of epochs
  public record Stage(
      String name,
      Map<String, Train> train,
      List<Data> data,
      String template,
      Order order,
      double epochs,
      Optional<Integer> steps,
      Batch batch,
      Optimizer optimizer,
      Schedule schedule,
      Problems problems,
      Optional<Aspect> aspect) {}

  /// Learning rate of one part.
  public record Train(double lr) {}

  /// A data file and the folder its image paths start from.
  public record Data(Path path, Path images) {}

  /// The order of the samples.
  ///
  /// @param shuffle by the recipe's seed, anew each epoch; otherwise the order of the files
  public record Order(boolean shuffle) {}

  /// How many samples at a time.
  ///
  /// @param size samples of one optimizer step
  /// @param microTokens most tokens of one micro-batch; or
  /// @param microSize samples of one
  public record Batch(int size, Optional<Integer> microTokens, Optional<Integer> microSize) {}

  /// AdamW.
  ///
  /// @param clipNorm largest gradient norm; 0 for no clipping
  public record Optimizer(
      double beta1, double beta2, double eps, double weightDecay, double clipNorm) {}

  /// Learning rate over the steps.
  public record Schedule(Shape type, Optional<Double> warmupRatio, Optional<Integer> warmupSteps) {}

  /// What follows the warm-up.
  public enum Shape {
    COSINE,
    LINEAR,
    CONSTANT
  }

  /// What happens to samples that do not fit.
  ///
  /// @param truncate whether samples longer than `max_tokens` are cut; otherwise they are errors
  public record Problems(boolean truncate) {}
}
