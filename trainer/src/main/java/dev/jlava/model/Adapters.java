package dev.jlava.model;

import dev.jlava.adapter.Dora;
import dev.jlava.adapter.Dropout;
import dev.jlava.adapter.Linear;
import dev.jlava.adapter.Lora;
import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

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
    List<Parameter> whole = whole(part, settings.modulesToSave());
    List<String> candidates =
        part.linearLayers().stream().filter(l -> !whole.contains(part.dense(l).weight())).toList();
    Map<String, Linear.Adapted> layers = new LinkedHashMap<>();
    for (String layer : choose(part, settings.targets(), candidates)) {
      layers.put(layer, adapted(part, layer, settings, seed, values));
    }
    List<Parameter> biases = new ArrayList<>(biases(part, settings.bias(), layers));
    biases.removeAll(whole);
    Adapter adapter = new Adapter(settings, layers, whole, biases);
    part.setAdapter(adapter);
    return adapter;
  }

  private static List<String> choose(Part part, LoraTargets targets, List<String> layers) {
    List<String> unknown = targets.unknown(layers);
    List<String> chosen = targets.choose(layers);
    if (!unknown.isEmpty() || chosen.isEmpty()) {
      throw new ModelException(
          part.name()
              + ": no linear layer matches the adapter's targets "
              + unknown
              + " (known: "
              + layers.stream().map(Adapters::generic).distinct().sorted().toList()
              + ")");
    }
    return chosen;
  }

  /// The name of a layer with its number as N: enough to tell what kinds there are.
  private static String generic(String layer) {
    return layer.replaceAll("\\.\\d+\\.", ".N.");
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

  /// The weights of modules that train whole.
  private static List<Parameter> whole(Part part, List<String> modules) {
    List<Parameter> all = new ArrayList<>();
    for (String module : modules) {
      List<Parameter> found =
          part.parameters().stream().filter(p -> isIn(module, part.nameOf(p))).toList();
      if (found.isEmpty()) {
        throw new ModelException(
            part.name()
                + ": no module matches '"
                + module
                + "' of the adapter's modules to save (known: "
                + part.parameters().stream()
                    .map(p -> generic(module(part.nameOf(p))))
                    .distinct()
                    .sorted()
                    .toList()
                + ")");
      }
      found.stream().filter(p -> !all.contains(p)).forEach(all::add);
    }
    return all;
  }

  /// Whether a tensor belongs to a module of that name, or to one whose name ends in it after a
  /// dot.
  private static boolean isIn(String module, String tensor) {
    String owner = module(tensor);
    return ("." + owner + ".").contains("." + module + ".");
  }

  /// The module that a tensor belongs to.
  static String module(String tensor) {
    return tensor.substring(0, Math.max(0, tensor.lastIndexOf('.')));
  }

  private static List<Parameter> biases(
      Part part, LoraSettings.Bias bias, Map<String, Linear.Adapted> layers) {
    return switch (bias) {
      case NONE -> List.of();
      case LORA_ONLY ->
          layers.values().stream().flatMap(l -> Stream.ofNullable(l.base().bias())).toList();
      case ALL -> part.parameters().stream().filter(p -> p.name().endsWith(".bias")).toList();
    };
  }
}
