package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.adapter.LoraSettings;
import dev.jlava.engine.Parameter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The low-rank adapters of one part, and what of the checkpoint trains beside them.
///
/// @param name tells adapters of one part apart
/// @param layers adapted layers by name, in the order of the part
/// @param whole weights of the checkpoint whose modules train whole
/// @param biases other biases of the checkpoint that train along
public record Adapter(
    String name,
    LoraSettings settings,
    Map<String, Linear.Adapted> layers,
    List<Parameter> whole,
    List<Parameter> biases) {
  /// PEFT's name of an adapter that is given none.
  public static final String DEFAULT = "default";

  /// The same with other layers.
  Adapter with(Map<String, Linear.Adapted> others) {
    return new Adapter(name, settings, others, whole, biases);
  }

  /// Every weight that trains.
  public List<Parameter> parameters() {
    Stream<Parameter> own = layers.values().stream().flatMap(l -> l.adapter().stream());
    Stream<Parameter> checkpoint = Stream.concat(whole.stream(), biases.stream());
    return Stream.concat(own, checkpoint).toList();
  }
}
