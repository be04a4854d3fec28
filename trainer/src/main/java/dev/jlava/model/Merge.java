package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The adapters at work on a part folded into its weights until closed: the same function without
/// their cost. The weights as they were are kept, and come back bit for bit with the adapters.
public final class Merge implements AutoCloseable {
  private final Engine engine;
  private final Part part;
  private final List<Adapter> adapters;
  private final List<String> active;
  private final Scope scope = new Scope();
  private final Map<Parameter, Tensor> before = new LinkedHashMap<>();

  private Merge(Engine engine, Part part) {
    this.engine = engine;
    this.part = part;
    this.adapters = List.copyOf(part.adapters().values());
    this.active = part.active().map(Adapter::name).toList();
  }

  /// Merges until closed; takes the memory of the adapted weights once more.
  public static Merge of(Engine engine, Part part) {
    Merge merge = new Merge(engine, part);
    Ops ops = engine.ops(merge.scope);
    for (Linear.Adapted layer : layers(part)) {
      if (layer.base() instanceof Linear.Dense base) {
        merge.before.computeIfAbsent(base.weight(), w -> ops.toDevice(w.value()));
      }
    }
    permanently(engine, part);
    return merge;
  }

  /// Merges for good: the part is then one without an adapter, those at rest are gone too.
  /// Quantised weights cannot hold what adapters add to them, and keep theirs, which are merged as
  /// the weights are written ([Dequantised]).
  public static void permanently(Engine engine, Part part) {
    for (Linear.Adapted layer : layers(part)) {
      if (layer.base() instanceof Linear.Dense base) {
        try (Scope temporary = new Scope()) {
          Ops ops = engine.ops(temporary);
          ops.copyInto(base.weight().value(), layer.merged(ops));
        }
      }
    }
    List<Adapter> left = part.active().map(Merge::onQuantised).toList();
    part.removeAdapters();
    left.stream().filter(adapter -> !adapter.layers().isEmpty()).forEach(part::add);
  }

  private static Adapter onQuantised(Adapter adapter) {
    Map<String, Linear.Adapted> layers = new LinkedHashMap<>(adapter.layers());
    layers.values().removeIf(layer -> layer.base() instanceof Linear.Dense);
    return adapter.with(layers);
  }

  /// Merges every adapter of a model for good.
  public static void all(Engine engine, LanguageModel model) {
    for (Part part : model.parts()) {
      if (!part.adapters().isEmpty()) {
        permanently(engine, part);
      }
    }
  }

  /// The adapted layers, one adapter after the other.
  private static List<Linear.Adapted> layers(Part part) {
    if (part.adapters().isEmpty()) {
      throw new ModelException(part.name() + ": has no adapter to merge; attach one first");
    }
    return part.active().flatMap(adapter -> adapter.layers().values().stream()).toList();
  }

  /// Undoes the merge.
  @Override
  public void close() {
    Ops ops = engine.ops(scope);
    before.forEach((weight, value) -> ops.copyInto(weight.value(), value));
    part.removeAdapters();
    adapters.forEach(part::add);
    part.activate(active);
    scope.close();
  }
}
