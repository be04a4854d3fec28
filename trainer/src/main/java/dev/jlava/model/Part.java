package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Parameter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The weights of one part of the model (`vision`, `projector` or `decoder`) by their Hugging Face
/// names.
public final class Part {
  private final String name;
  private final Map<String, Parameter> parameters;
  private @Nullable Adapter adapter;

  public Part(String name, Map<String, Parameter> parameters) {
    this.name = name;
    this.parameters = new LinkedHashMap<>(parameters);
  }

  public String name() {
    return name;
  }

  /// The weights of the checkpoint; those of an adapter are apart.
  public Collection<Parameter> parameters() {
    return parameters.values();
  }

  /// The low-rank adapter of the part, if it has one.
  public Optional<Adapter> adapter() {
    return Optional.ofNullable(adapter);
  }

  void setAdapter(@Nullable Adapter adapter) {
    this.adapter = adapter;
  }

  /// The weights that training the part means: the adapter's, or all where there is none.
  public Collection<Parameter> trainable() {
    return adapter == null ? parameters() : adapter.parameters();
  }

  /// Names and shapes of the weights of the checkpoint.
  List<TensorSpec> specs() {
    return parameters.entrySet().stream()
        .map(e -> new TensorSpec(e.getKey(), e.getValue().value().shape()))
        .toList();
  }

  /// Names of the linear layers.
  public List<String> linearLayers() {
    return List.copyOf(AdapterLayout.linearLayers(specs()).keySet());
  }

  /// The name of a parameter within the part.
  public String nameOf(Parameter parameter) {
    return parameter.name().substring(name.length() + 1);
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
    Linear adapted = adapter == null ? null : adapter.layers().get(layer);
    return adapted != null ? adapted : dense(layer);
  }

  /// The checkpoint's own layer of that name.
  public Linear.Dense dense(String layer) {
    return new Linear.Dense(get(layer + ".weight"), find(layer + ".bias"));
  }
}
