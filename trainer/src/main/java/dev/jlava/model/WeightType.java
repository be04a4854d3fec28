package dev.jlava.model;

import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.SafetensorsWriter;
import java.util.Arrays;
import java.util.function.Function;

/// A dtype that models are written in.
public enum WeightType {
  FP32("float32", Dtype.F32, ScalarType.F32),
  BF16("bfloat16", Dtype.BF16, ScalarType.BF16),
  FP16("float16", Dtype.F16, ScalarType.F16);

  private final String torch;
  private final Dtype stored;
  private final ScalarType type;

  WeightType(String torch, Dtype stored, ScalarType type) {
    this.torch = torch;
    this.stored = stored;
    this.type = type;
  }

  /// The one of tensors of a dtype.
  public static WeightType of(ScalarType type) {
    return Arrays.stream(values())
        .filter(t -> t.type == type)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(type + " weights are not written"));
  }

  /// Its name in `torch_dtype` of a `config.json`.
  public String torch() {
    return torch;
  }

  /// The tensors' dtype.
  ScalarType scalar() {
    return type;
  }

  /// What is computed of a quantised weight, to write in this dtype.
  SafetensorsWriter.Item item(String name, QuantisedWeight weight, Function<Ops, Tensor> computed) {
    return new SafetensorsWriter.Item(
        name, stored, weight.shape(), weight.engine().later(type, computed));
  }

  /// A tensor to write in this dtype, converted when its turn comes.
  public SafetensorsWriter.Item item(String name, Tensor value) {
    return new SafetensorsWriter.Item(name, stored, value.shape(), value.bytesAs(type));
  }
}
