package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.weights.SafetensorsWriter;
import java.util.List;
import java.util.function.UnaryOperator;

/// A quantised weight of a part as a plain one, to be written: dequantised, with what adapters add
/// to it, when its turn comes.
///
/// @param name in the part
/// @param layer with the adapters at work on it
record Dequantised(String name, QuantisedWeight weight, Linear layer) {
  /// Those of a part.
  static List<Dequantised> of(Part part) {
    return part.quantised().stream()
        .map(weight -> {
          String name = weight.name().substring(part.name().length() + 1);
          return new Dequantised(name, weight, part.linear(AdapterLayout.module(name)));
        })
        .toList();
  }

  /// @param names the name in the file by that in the part
  static List<SafetensorsWriter.Item> items(
      Part part, WeightType type, UnaryOperator<String> names) {
    return of(part).stream()
        .map(each -> type.item(names.apply(each.name), each.weight, each.layer::merged))
        .toList();
  }
}
