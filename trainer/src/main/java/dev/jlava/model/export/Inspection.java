package dev.jlava.model.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.model.ModelException;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a model, an adapter, a checkpoint or a file of weights holds; no tensor is read.
///
/// @param tensors in the order of the files, by name within each
/// @param described contents of `adapter_config.json` and `manifest.json`, by the file's name
public record Inspection(List<Shown> tensors, Map<String, JsonNode> described) {
  private static final List<String> DESCRIPTIONS = List.of("adapter_config.json", "manifest.json");

  /// One tensor.
  ///
  /// @param part `vision`, `projector`, `decoder`, or `other`
  public record Shown(Path file, String name, String part, String dtype, long[] shape, long bytes) {
    static Shown of(TensorEntry entry) {
      return new Shown(
          entry.file(),
          entry.name(),
          PartName.find(entry.name()).map(PartName::part).orElse("other"),
          entry.stored().type(),
          entry.shape(),
          entry.bytes());
    }

    long numElements() {
      return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }
  }

  /// What the tensors of one part come to.
  public record Total(int tensors, long parameters, long bytes) {
    private Total plus(Shown tensor) {
      return new Total(tensors + 1, parameters + tensor.numElements(), bytes + tensor.bytes());
    }
  }

  /// Looks at a path.
  public static Inspection of(Path path) {
    List<Shown> tensors = new ArrayList<>();
    for (Path file : TensorFiles.of(path)) {
      try (WeightFiles files = TensorFiles.open(file)) {
        files.entries().values().forEach(entry -> tensors.add(Shown.of(entry)));
      }
    }
    Map<String, JsonNode> described = new LinkedHashMap<>();
    for (String name : DESCRIPTIONS) {
      Path file = path.resolve(name);
      if (Files.isRegularFile(file)) {
        described.put(name, json(file));
      }
    }
    return new Inspection(tensors, described);
  }

  private static JsonNode json(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new ModelException(file + ": not JSON (" + e.getMessage() + ")", e);
    }
  }

  /// By part, and `all` at the end.
  public Map<String, Total> totals() {
    Map<String, Total> totals = new TreeMap<>();
    Total none = new Total(0, 0, 0);
    Total all = none;
    for (Shown tensor : tensors) {
      totals.put(tensor.part(), totals.getOrDefault(tensor.part(), none).plus(tensor));
      all = all.plus(tensor);
    }
    Map<String, Total> ordered = new LinkedHashMap<>(totals);
    ordered.put("all", all);
    return ordered;
  }

  /// All of it as one object.
  public ObjectNode toJson() {
    ObjectNode json = new ObjectMapper().createObjectNode();
    for (Shown tensor : tensors) {
      ObjectNode one = json.withArray("tensors").addObject();
      one.put("name", tensor.name()).put("part", tensor.part()).put("dtype", tensor.dtype());
      Arrays.stream(tensor.shape()).forEach(one.putArray("shape")::add);
      one.put("bytes", tensor.bytes()).put("file", tensor.file().toString());
    }
    ObjectNode totals = json.putObject("totals");
    totals()
        .forEach((part, total) ->
            totals
                .putObject(part)
                .put("tensors", total.tensors())
                .put("parameters", total.parameters())
                .put("bytes", total.bytes()));
    described.forEach((name, value) -> json.set(name.replace(".json", ""), value));
    return json;
  }
}
