package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// The adapter of a part folded into its weights until closed: the same function without the
/// adapter's cost. The weights as they were are kept, and come back bit for bit with the adapter.
public final class Merge implements AutoCloseable {
  private final Engine engine;
  private final Part part;
  private final Adapter adapter;
  private final Scope scope = new Scope();
  private final Map<Parameter, Tensor> before = new LinkedHashMap<>();

  private Merge(Engine engine, Part part, Adapter adapter) {
    this.engine = engine;
    this.part = part;
    this.adapter = adapter;
  }

  /// Merges until closed; takes the memory of the adapted weights once more.
  public static Merge of(Engine engine, Part part) {
    Merge merge = new Merge(engine, part, adapter(part));
    Ops ops = engine.ops(merge.scope);
    for (Linear.Adapted layer : merge.adapter.layers().values()) {
      Parameter weight = layer.base().weight();
      merge.before.put(weight, ops.toDevice(weight.value()));
    }
    permanently(engine, part);
    return merge;
  }

  /// Merges for good: the part is then one without an adapter.
  public static void permanently(Engine engine, Part part) {
    for (Linear.Adapted layer : adapter(part).layers().values()) {
      try (Scope temporary = new Scope()) {
        Ops ops = engine.ops(temporary);
        ops.copyInto(layer.base().weight().value(), layer.merged(ops));
      }
    }
    part.setAdapter(null);
  }

  /// Merges every adapter of a model for good.
  public static void all(Engine engine, LanguageModel model) {
    for (Part part : model.parts()) {
      if (part.adapter().isPresent()) {
        permanently(engine, part);
      }
    }
  }

  private static Adapter adapter(Part part) {
    return part.adapter()
        .orElseThrow(
            () -> new ModelException(part.name() + ": has no adapter to merge; attach one first"));
  }

  /// Undoes the merge.
  @Override
  public void close() {
    Ops ops = engine.ops(scope);
    before.forEach((weight, value) -> ops.copyInto(weight.value(), value));
    part.setAdapter(adapter);
    scope.close();
  }
}
