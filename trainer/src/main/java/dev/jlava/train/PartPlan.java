package dev.jlava.train;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.engine.ScalarType;
import dev.jlava.model.AdapterLayout;
import dev.jlava.model.TensorSpec;
import dev.jlava.recipe.Recipe;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What one part of the model holds during a stage.
///
/// @param parameters elements of the checkpoint's weights
/// @param trained elements that the stage trains, an adapter's included
/// @param lr peak learning rate; empty where the part is frozen
record PartPlan(
    String name, long parameters, long trained, Optional<Double> lr, String adapter, Bytes bytes) {

  private static final long FP32 = ScalarType.F32.bytes();

  /// Bytes that stay for the whole stage.
  ///
  /// @param weights the checkpoint's in the dtype of the run, an adapter's in fp32
  /// @param masters fp32 copies of trained bf16 weights
  /// @param gradients fp32 sums over the micro-batches of a step
  /// @param moments AdamW's two
  record Bytes(long weights, long masters, long gradients, long moments) {
    static final Bytes NONE = new Bytes(0, 0, 0, 0);

    Bytes plus(Bytes other) {
      return new Bytes(
          weights + other.weights,
          masters + other.masters,
          gradients + other.gradients,
          moments + other.moments);
    }

    long total() {
      return weights + masters + gradients + moments;
    }
  }

  /// @param train what the stage says of the part; null where it is frozen
  /// @param layout the adapter that the part has
  static PartPlan of(
      String name,
      List<TensorSpec> tensors,
      Recipe.@Nullable Train train,
      Optional<AdapterLayout> layout,
      ScalarType type) {
    long parameters = tensors.stream().mapToLong(TensorSpec::numElements).sum();
    long own = layout.map(AdapterLayout::numElements).orElse(0L);
    long checkpoint = 0;
    if (train != null) {
      checkpoint = layout.map(AdapterLayout::numElementsBeside).orElse(parameters);
    }
    long trained = checkpoint + (train == null ? 0 : own);
    Bytes bytes =
        new Bytes(
            parameters * type.bytes() + own * FP32,
            type == ScalarType.F32 ? 0 : checkpoint * FP32,
            trained * FP32,
            2 * trained * FP32);
    return new PartPlan(
        name,
        parameters,
        trained,
        Optional.ofNullable(train).map(Recipe.Train::lr),
        layout.map(l -> text(l, train == null)).orElse("-"),
        bytes);
  }

  private static String text(AdapterLayout layout, boolean frozen) {
    LoraSettings s = layout.settings();
    return "%s r %d, alpha %s, %d layers%s"
        .formatted(
            s.dora() ? "dora" : s.rslora() ? "rslora" : "lora",
            s.r(),
            PlanText.number(s.alpha()),
            layout.layers().size(),
            frozen ? ", frozen" : "");
  }
}
