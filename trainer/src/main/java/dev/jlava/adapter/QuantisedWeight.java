package dev.jlava.adapter;

import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tensor;
import java.util.Map;
import java.util.function.Function;

/// The frozen weight [out, in] of a linear layer in 4 or 8 bits an element. Its values exist only
/// while they are read, in the [Workspace] that the weights of a model share.
public sealed interface QuantisedWeight extends Segment.LinearOperation
    permits Nf4Weight, Int8Weight {
  /// Full name, part first.
  String name();

  long[] shape();

  /// Bytes that it holds.
  long bytes();

  /// What it is made of, by the names that bitsandbytes puts behind the weight's: the codes under
  /// the empty name.
  Map<String, Tensor> tensors();

  /// What a function makes of the values, outside of any graph; they end with the call.
  <T> T read(Ops ops, Function<Tensor, T> function);

  Workspace workspace();

  /// Dtype that the values are rounded to.
  default ScalarType type() {
    return workspace().type();
  }

  default Engine engine() {
    return workspace().engine();
  }

  @Override
  default Tensor forward(Ops ops, Tensor x) {
    return read(ops, w -> ops.product(x, w));
  }

  @Override
  default Tensor backward(Ops ops, Tensor gradient) {
    return read(ops, w -> ops.productBack(gradient, w));
  }
}
