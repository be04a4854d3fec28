package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.SafetensorsWriter;
import java.util.List;
import java.util.function.UnaryOperator;

/// The quantised weights of a part as plain ones, to be written: dequantised, with what an adapter
/// adds to them, one at a time as their turn comes.
final class Dequantised {
  private Dequantised() {}

  /// @param names the name in the file by that in the part
  static List<SafetensorsWriter.Item> items(
      Part part, WeightType type, UnaryOperator<String> names) {
    return part.quantised().stream()
        .map(weight -> {
          String name = weight.name().substring(part.name().length() + 1);
          Linear layer = part.linear(AdapterLayout.module(name));
          return type.item(names.apply(name), weight, ops -> merged(layer, weight, ops));
        })
        .toList();
  }

  private static Tensor merged(Linear layer, QuantisedWeight weight, Ops ops) {
    return switch (layer) {
      case Linear.Adapted adapted -> adapted.merged(ops);
      case Linear.Base base -> base.read(ops, ops::copy);
      case Linear.Several _ ->
          throw new ModelException(
              weight.name()
                  + ": is quantised, and several adapters at work on it cannot be merged; write the"
                  + " model with one");
    };
  }
}
