package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.engine.Parameter;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The weights of one part of the model (`vision`, `projector` or `decoder`) by their Hugging Face
/// names.
public final class Part {
  private final String name;
  private final Map<String, Parameter> parameters;
  private final Map<String, QuantisedWeight> quantised;
  private final Map<String, Adapter> adapters = new LinkedHashMap<>();
  private List<String> active = List.of();

  public Part(String name, Map<String, Parameter> parameters) {
    this(name, parameters, Map.of());
  }

  public Part(
      String name, Map<String, Parameter> parameters, Map<String, QuantisedWeight> quantised) {
    this.name = name;
    this.parameters = new LinkedHashMap<>(parameters);
    this.quantised = new LinkedHashMap<>(quantised);
  }

  public String name() {
    return name;
  }

  /// The weights of the checkpoint but for quantised ones; those of an adapter are apart.
  public Collection<Parameter> parameters() {
    return parameters.values();
  }

  /// The quantised weights of the checkpoint.
  public Collection<QuantisedWeight> quantised() {
    return quantised.values();
  }

  /// The low-rank adapter that training the part means: the last of those at work, if any is.
  public Optional<Adapter> adapter() {
    return active().reduce((before, last) -> last);
  }

  /// Every adapter of the part by its name, at work or at rest.
  public Map<String, Adapter> adapters() {
    return Collections.unmodifiableMap(adapters);
  }

  /// The adapters at work, in the order in which they add to the output.
  public Stream<Adapter> active() {
    return active.stream().map(wanted -> Objects.requireNonNull(adapters.get(wanted), wanted));
  }

  /// Puts adapters to work in this order, and all others to rest (PEFT's `set_adapter`).
  ///
  /// @throws ModelException where the part has no adapter of a name
  public void activate(List<String> names) {
    for (String wanted : names) {
      if (!adapters.containsKey(wanted)) {
        throw new ModelException(
            name + ": has no adapter '" + wanted + "' (found " + adapters.keySet() + ")");
      }
    }
    active = List.copyOf(names);
  }

  /// Puts an adapter to work behind those that are.
  void add(Adapter adapter) {
    adapters.put(adapter.name(), adapter);
    active = Stream.concat(active.stream(), Stream.of(adapter.name())).toList();
  }

  void removeAdapters() {
    adapters.clear();
    active = List.of();
  }

  /// The weights that training the part means: the adapter's, or all where there is none.
  public Collection<Parameter> trainable() {
    return adapter().<Collection<Parameter>>map(Adapter::parameters).orElse(parameters());
  }

  /// Names and shapes of the weights of the checkpoint, quantised ones last.
  List<TensorSpec> specs() {
    Stream<TensorSpec> plain =
        parameters.entrySet().stream()
            .map(e -> new TensorSpec(e.getKey(), e.getValue().value().shape()));
    Stream<TensorSpec> few =
        quantised.entrySet().stream().map(e -> new TensorSpec(e.getKey(), e.getValue().shape()));
    return Stream.concat(plain, few).toList();
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

  /// The linear layer of that name, with the adapters at work on it.
  Linear linear(String layer) {
    List<Linear.Adapted> adapted =
        active().flatMap(a -> Optional.ofNullable(a.layers().get(layer)).stream()).toList();
    return switch (adapted.size()) {
      case 0 -> base(layer);
      case 1 -> adapted.getFirst();
      default -> new Linear.Several(adapted);
    };
  }

  /// The checkpoint's own layer of that name.
  public Linear.Base base(String layer) {
    QuantisedWeight weight = quantised.get(layer + ".weight");
    Parameter bias = find(layer + ".bias");
    return weight != null
        ? new Linear.Quantised(weight, bias)
        : new Linear.Dense(get(layer + ".weight"), bias);
  }
}
