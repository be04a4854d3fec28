package dev.jlava.model;

import dev.jlava.adapter.Dora;
import dev.jlava.adapter.Dropout;
import dev.jlava.adapter.Linear;
import dev.jlava.adapter.Lora;
import dev.jlava.adapter.LoraSettings;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Puts low-rank adapters beside the linear layers of a part.
public final class Adapters {
  /// Names of an adapter's tensors behind the layer's name, as PEFT has them in files.
  static final String A = ".lora_A.weight";

  static final String B = ".lora_B.weight";
  static final String MAGNITUDE = ".lora_magnitude_vector";

  private final Engine engine;
  private final Scope scope;

  /// @param scope the model's scope, which owns the adapters' weights
  public Adapters(Engine engine, Scope scope) {
    this.engine = engine;
    this.scope = scope;
  }

  /// Attaches an adapter that changes nothing yet.
  ///
  /// @param seed decides the first weights and the dropout masks
  /// @throws ModelException where a target or a module to save is not in the part
  public Adapter attach(Part part, LoraSettings settings, long seed) {
    return attach(part, settings, seed, new LoraInit(engine, scope, seed));
  }

  Engine engine() {
    return engine;
  }

  Scope scope() {
    return scope;
  }

  Adapter attach(Part part, LoraSettings settings, long seed, LoraValues values) {
    if (part.adapter().isPresent()) {
      throw new ModelException(part.name() + ": has an adapter already; merge it first");
    }
    AdapterLayout layout = AdapterLayout.of(part.name(), part.specs(), settings);
    Map<String, Linear.Adapted> layers = new LinkedHashMap<>();
    for (String layer : layout.layers().keySet()) {
      layers.put(layer, adapted(part, layer, settings, seed, values));
    }
    Adapter adapter =
        new Adapter(
            settings, layers, parameters(part, layout.whole()), parameters(part, layout.biases()));
    part.setAdapter(adapter);
    return adapter;
  }

  private static List<Parameter> parameters(Part part, List<TensorSpec> specs) {
    return specs.stream().map(spec -> part.get(spec.name())).toList();
  }

  private static Linear.Adapted adapted(
      Part part, String layer, LoraSettings settings, long seed, LoraValues values) {
    Linear.Dense base = part.dense(layer);
    long[] shape = base.weight().value().shape(); // [out, in]
    String name = part.name() + "." + layer;
    Lora lora =
        new Lora(
            base,
            new Parameter(name + A, values.a(layer, settings.r(), shape[1])),
            new Parameter(name + B, values.b(layer, shape[0], settings.r())),
            settings.scale(),
            Dropout.of(settings.dropout(), seed, name));
    return settings.dora()
        ? new Dora(lora, new Parameter(name + MAGNITUDE, values.magnitude(layer, base)))
        : lora;
  }
}
