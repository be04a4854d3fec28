package dev.jlava.train;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.Quantisation;
import dev.jlava.engine.ScalarType;
import dev.jlava.model.AdapterLayout;
import dev.jlava.model.TensorSpec;
import dev.jlava.recipe.Recipe;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What one part of the model holds during a stage.
///
/// @param parameters elements of the checkpoint's weights
/// @param trained elements that the stage trains, an adapter's included
/// @param dtype of the checkpoint's weights
/// @param lr peak learning rate; empty where the part is frozen
record PartPlan(
    String name,
    long parameters,
    long trained,
    String dtype,
    Optional<Double> lr,
    String adapter,
    Bytes bytes) {

  private static final long FP32 = ScalarType.F32.bytes();

  /// Bytes that stay for the whole stage.
  ///
  /// @param weights the checkpoint's in the dtype of the run, an adapter's in fp32
  /// @param masters fp32 copies of trained bf16 weights
  /// @param gradients in fp32, as many as there are at a time
  /// @param moments AdamW's two
  /// @param paged AdamW's two, in the memory of a GPU's host
  record Bytes(long weights, long masters, long gradients, long moments, long paged) {
    static final Bytes NONE = ofWeights(0);

    static Bytes ofWeights(long bytes) {
      return new Bytes(bytes, 0, 0, 0, 0);
    }

    Bytes plus(Bytes other) {
      return new Bytes(
          weights + other.weights,
          masters + other.masters,
          gradients + other.gradients,
          moments + other.moments,
          paged + other.paged);
    }

    /// All but what is in the host's memory.
    long total() {
      return weights + masters + gradients + moments;
    }
  }

  /// How a stage trains a part.
  ///
  /// @param paged whether the moments are in the memory of a GPU's host
  record Training(Recipe.Train train, Recipe.Optimizer optimizer, boolean paged) {
    private Moments.Precision moments() {
      return Moments.Precision.of(optimizer.type());
    }
  }

  /// @param training how the stage trains the part; null where it is frozen
  /// @param layout the adapter that the part has
  static PartPlan of(
      String name,
      List<TensorSpec> tensors,
      @Nullable Training training,
      Optional<AdapterLayout> layout,
      ScalarType type) {
    long parameters = elements(tensors);
    List<TensorSpec> own = layout.map(AdapterLayout::own).orElse(List.of());
    List<TensorSpec> checkpoint =
        training == null ? List.of() : layout.map(AdapterLayout::beside).orElse(tensors);
    List<TensorSpec> trained = new ArrayList<>(checkpoint);
    if (training != null) {
      trained.addAll(own);
    }
    long moments = training == null ? 0 : moments(trained, training.moments());
    boolean paged = training != null && training.paged();
    Bytes bytes =
        new Bytes(
            parameters * type.bytes() + elements(own) * FP32,
            type == ScalarType.F32 ? 0 : elements(checkpoint) * FP32,
            training == null ? 0 : gradients(trained, training.optimizer().inBackward()),
            paged ? 0 : moments,
            paged ? moments : 0);
    return new PartPlan(
        name,
        parameters,
        elements(trained),
        type == ScalarType.F32 ? "fp32" : "bf16",
        Optional.ofNullable(training).map(t -> t.train().lr()),
        layout.map(l -> text(l, training == null)).orElse("-"),
        bytes);
  }

  private static long elements(Collection<TensorSpec> tensors) {
    return tensors.stream().mapToLong(TensorSpec::numElements).sum();
  }

  private static long moments(List<TensorSpec> tensors, Moments.Precision precision) {
    return tensors.stream().mapToLong(t -> precision.bytes(t.name(), t.numElements())).sum();
  }

  /// Fp32 gradients of all tensors, or of the largest layer where each is used up in the backward
  /// pass.
  private static long gradients(List<TensorSpec> tensors, boolean inBackward) {
    if (!inBackward) {
      return elements(tensors) * FP32;
    }
    Map<String, List<TensorSpec>> layers =
        tensors.stream().collect(Collectors.groupingBy(t -> layer(t.name())));
    return layers.values().stream().mapToLong(PartPlan::elements).max().orElse(0) * FP32;
  }

  /// `model.layers.3` of a tensor in it; other tensors are a layer of their own.
  private static String layer(String tensor) {
    return tensor.replaceFirst("(\\.\\d+)\\..*", "$1");
  }

  /// The same part with other adapters beside, which do not train.
  PartPlan with(List<AdapterLayout> others) {
    if (others.isEmpty()) {
      return this;
    }
    long more = others.stream().mapToLong(AdapterLayout::numElements).sum() * FP32;
    return new PartPlan(
        name,
        parameters,
        trained,
        dtype,
        lr,
        adapter + " (and %d more, frozen)".formatted(others.size()),
        bytes.plus(Bytes.ofWeights(more)));
  }

  /// The same part with linear layers that are quantised.
  ///
  /// @param weights bytes of the checkpoint's weights
  PartPlan quantised(Quantisation quantisation, long weights, ScalarType type) {
    Bytes less = Bytes.ofWeights(weights - parameters * type.bytes());
    return new PartPlan(
        name, parameters, trained, text(quantisation), lr, adapter, bytes.plus(less));
  }

  static String text(Quantisation quantisation) {
    return quantisation == Quantisation.INT8 ? "int8" : "nf4";
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
