package dev.jlava.model;

import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Parts made from the golden weights by the tests' own reader.
final class GoldenParts {
  private GoldenParts() {}

  /// Tensors whose names begin with the prefix, without it.
  static Part load(
      Engine engine, Scope scope, String file, String prefix, String part, List<TensorSpec> specs) {
    GoldenTensors tensors = Golden.tensors(file);
    Map<String, TensorEntry> entries = new HashMap<>();
    for (String name : tensors.names()) {
      if (name.startsWith(prefix)) {
        MemorySegment data =
            Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, tensors.floats(name));
        String bare = name.substring(prefix.length());
        TensorEntry entry =
            new TensorEntry(bare, Dtype.F32, tensors.shape(name), data, Golden.path(file));
        if (PartName.of(entry).isPresent()) {
          entries.put(bare, entry);
        }
      }
    }
    return new PartLoader(engine, scope, ScalarType.F32).load("golden", part, specs, entries);
  }
}
