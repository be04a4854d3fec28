package dev.jlava.model.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Where the tensors of two paths differ. Layouts do not matter: a tensor goes by its part and its
/// Hugging Face name within that, where it has such a name. What one path has twice with the same
/// values, as the original layout has the projector, counts once.
///
/// @param onlyA names of tensors that only the first has
/// @param onlyB names of tensors that only the second has
/// @param same tensors that are equal in dtype, shape and every element
/// @param different the others that both have
public record Comparison(
    List<String> onlyA, List<String> onlyB, int same, List<TensorDifference> different) {

  /// Compares one tensor at a time.
  ///
  /// @param found told of each difference as it is found
  public static Comparison of(Path a, Path b, Consumer<TensorDifference> found) {
    List<WeightFiles> open = new ArrayList<>();
    try {
      Map<String, TensorEntry> first = entries(a, open);
      Map<String, TensorEntry> second = entries(b, open);
      List<TensorDifference> different = new ArrayList<>();
      List<String> onlyA = new ArrayList<>();
      int same = 0;
      for (Map.Entry<String, TensorEntry> tensor : first.entrySet()) {
        TensorEntry other = second.remove(tensor.getKey());
        if (other == null) {
          onlyA.add(tensor.getKey());
          continue;
        }
        TensorDifference difference =
            TensorDifference.of(tensor.getKey(), tensor.getValue(), other);
        if (difference.equal()) {
          same++;
        } else {
          different.add(difference);
          found.accept(difference);
        }
      }
      return new Comparison(onlyA, List.copyOf(second.keySet()), same, different);
    } finally {
      open.forEach(WeightFiles::close);
    }
  }

  private static Map<String, TensorEntry> entries(Path path, List<WeightFiles> open) {
    Map<String, TensorEntry> all = new TreeMap<>();
    for (Path file : TensorFiles.of(path)) {
      WeightFiles files = TensorFiles.open(file);
      open.add(files);
      for (TensorEntry entry : files.entries().values()) {
        String name =
            PartName.find(entry.name())
                .map(place -> place.part() + ":" + place.name())
                .orElse(entry.name());
        TensorEntry first = all.putIfAbsent(name, entry);
        if (first != null && !first.sameAs(entry)) {
          all.put(entry.file().getFileName() + ":" + entry.name(), entry);
        }
      }
    }
    return all;
  }

  /// Whether both have the same tensors with the same elements.
  public boolean equal() {
    return onlyA.isEmpty() && onlyB.isEmpty() && different.isEmpty();
  }

  /// All of it as one object.
  public ObjectNode toJson() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("equal", equal()).put("same", same);
    onlyA.forEach(json.putArray("only_a")::add);
    onlyB.forEach(json.putArray("only_b")::add);
    var all = json.putArray("different");
    for (TensorDifference d : different) {
      all.addObject()
          .put("name", d.name())
          .put("a", d.a())
          .put("b", d.b())
          .put("differing", d.differing())
          .put("max_abs", d.largest())
          .put("mean_abs", d.mean())
          .put("relative_norm", d.relative());
    }
    return json;
  }
}
