package dev.jlava.model;

import dev.jlava.adapter.Dora;
import dev.jlava.adapter.Dropout;
import dev.jlava.adapter.Linear;
import dev.jlava.adapter.Lora;
import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.QuantisedWeight;
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

  private static final String KIND = "(\\.lora_(?:A|B|magnitude_vector))";

  private final Engine engine;
  private final Scope scope;

  /// @param scope the model's scope, which owns the adapters' weights
  public Adapters(Engine engine, Scope scope) {
    this.engine = engine;
    this.scope = scope;
  }

  /// Attaches an adapter that changes nothing yet, under PEFT's usual name.
  ///
  /// @param seed decides the first weights and the dropout masks
  /// @throws ModelException where a target or a module to save is not in the part
  public Adapter attach(Part part, LoraSettings settings, long seed) {
    return attach(part, Adapter.DEFAULT, settings, seed);
  }

  /// Attaches an adapter that changes nothing yet; it is at work behind those that are.
  ///
  /// @param seed decides the first weights and the dropout masks
  /// @throws ModelException where the part has one of that name, a target or a module to save is
  ///   not in the part, or what trains beside the adapter would be another adapter's too
  public Adapter attach(Part part, String name, LoraSettings settings, long seed) {
    return attach(part, new Named(name, settings), seed, new LoraInit(engine, scope, seed));
  }

  /// An adapter to attach.
  record Named(String name, LoraSettings settings) {
    /// The name of a tensor in the model. PEFT's files have no adapter's name in it, so that the
    /// usual one needs none.
    String parameter(String layer, String tensor) {
      return name.equals(Adapter.DEFAULT)
          ? layer + tensor
          : layer + tensor.replaceFirst(KIND, "$1." + name);
    }
  }

  Engine engine() {
    return engine;
  }

  Scope scope() {
    return scope;
  }

  Adapter attach(Part part, Named adapted, long seed, LoraValues values) {
    LoraSettings settings = adapted.settings();
    requireApart(part, adapted);
    AdapterLayout layout = AdapterLayout.of(part.name(), part.specs(), settings);
    Map<String, Linear.Adapted> layers = new LinkedHashMap<>();
    for (String layer : layout.layers().keySet()) {
      layers.put(layer, adapted(part, layer, adapted, seed, values));
    }
    Adapter adapter =
        new Adapter(
            adapted.name(),
            settings,
            layers,
            parameters(part, layout.whole()),
            parameters(part, layout.biases()));
    part.add(adapter);
    return adapter;
  }

  /// Modules to save and biases train in the model's own weights, which adapters share.
  private static void requireApart(Part part, Named adapted) {
    if (part.adapters().containsKey(adapted.name())) {
      throw new ModelException(
          part.name()
              + ": has an adapter '"
              + adapted.name()
              + "' already; give this one another name");
    }
    boolean shares =
        trainsBeside(adapted.settings())
            || part.adapters().values().stream().anyMatch(a -> trainsBeside(a.settings()));
    if (shares && !part.adapters().isEmpty()) {
      throw new ModelException(
          part.name()
              + ": adapter '"
              + adapted.name()
              + "' would share trained biases or modules to save with "
              + part.adapters().keySet()
              + "; leave them out of both, or merge one");
    }
  }

  private static boolean trainsBeside(LoraSettings settings) {
    return settings.bias() != LoraSettings.Bias.NONE || !settings.modulesToSave().isEmpty();
  }

  private static List<Parameter> parameters(Part part, List<TensorSpec> specs) {
    for (QuantisedWeight weight : part.quantised()) {
      if (specs.stream().anyMatch(s -> weight.name().equals(part.name() + "." + s.name()))) {
        throw new ModelException(
            weight.name()
                + ": is quantised, and cannot be one of the adapter's modules to save; leave it out");
      }
    }
    return specs.stream().map(spec -> part.get(spec.name())).toList();
  }

  private static Linear.Adapted adapted(
      Part part, String layer, Named adapted, long seed, LoraValues values) {
    LoraSettings settings = adapted.settings();
    Linear.Base base = part.base(layer);
    long[] shape = base.shape(); // [out, in]
    String name = part.name() + "." + layer;
    Lora lora =
        new Lora(
            base,
            new Parameter(adapted.parameter(name, A), values.a(layer, settings.r(), shape[1])),
            new Parameter(adapted.parameter(name, B), values.b(layer, shape[0], settings.r())),
            settings.scale(),
            Dropout.of(settings.dropout(), seed, adapted.parameter(name, "")));
    return settings.dora()
        ? new Dora(
            lora, new Parameter(adapted.parameter(name, MAGNITUDE), values.magnitude(layer, base)))
        : lora;
  }
}
