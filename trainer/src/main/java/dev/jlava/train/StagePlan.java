package dev.jlava.train;

import dev.jlava.recipe.Recipe;
import java.util.List;
import java.util.Optional;

/// What a stage will do and need, before it starts.
///
/// @param memory bytes besides the parts' own
/// @param data empty where it is not there to be read
public record StagePlan(
    Recipe.Stage stage,
    List<PartPlan> parts,
    Recipe.Compute runtime,
    Transient memory,
    Tokens tokens,
    double flopsPerStep,
    Optional<DataFacts> data) {

  /// Bytes that a micro-batch needs.
  ///
  /// @param logits of one chunk of the loss, their gradient included
  /// @param dequantised the one weight that is dequantised at a time
  record Transient(long activations, long logits, long dequantised) {
    long total() {
      return activations + logits + dequantised;
    }
  }

  /// Positions in the decoder.
  ///
  /// @param microBatch at most
  record Tokens(int perImage, long microBatch) {}

  /// Optimizer steps of the stage; empty where they depend on data that is not there.
  Optional<Integer> steps() {
    Optional<Integer> given = Optional.ofNullable(stage.steps());
    return given.or(() -> data.map(d -> StageData.steps(stage, d.numSamples())));
  }

  /// The parts' memory taken together.
  PartPlan.Bytes kept() {
    return parts.stream().map(PartPlan::bytes).reduce(PartPlan.Bytes.NONE, PartPlan.Bytes::plus);
  }

  /// All memory of one process, without what the runtime itself takes.
  long totalBytes() {
    return kept().total() + memory.total();
  }
}
