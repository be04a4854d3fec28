package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Parameter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The weights of one part of the model (`vision`, `projector` or `decoder`) by their Hugging Face
/// names.
public final class Part {
  private final String name;
  private final Map<String, Parameter> parameters;
  private final Map<String, Linear.Lora> adapters = new LinkedHashMap<>();

  public Part(String name, Map<String, Parameter> parameters) {
    this.name = name;
    this.parameters = new LinkedHashMap<>(parameters);
  }

  public String name() {
    return name;
  }

  /// The weights of the checkpoint; those of adapters are apart.
  public Collection<Parameter> parameters() {
    return parameters.values();
  }

  /// Adapters by the name of the layer they sit beside.
  public Map<String, Linear.Lora> adapters() {
    return adapters;
  }

  Parameter get(String tensor) {
    Parameter parameter = parameters.get(tensor);
    if (parameter == null) {
      throw new IllegalStateException(name + " has no tensor '" + tensor + "'");
    }
    return parameter;
  }

  @Nullable Parameter find(String tensor) {
    return parameters.get(tensor);
  }

  /// The linear layer of that name, with its adapter if it has one.
  Linear linear(String layer) {
    Linear.Lora adapted = adapters.get(layer);
    return adapted != null ? adapted : dense(layer);
  }

  /// The checkpoint's own layer of that name.
  public Linear.Dense dense(String layer) {
    return new Linear.Dense(get(layer + ".weight"), find(layer + ".bias"));
  }
}
