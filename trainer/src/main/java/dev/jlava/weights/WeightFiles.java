package dev.jlava.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/// The tensors of a model directory or of one weight file, memory-mapped until closed.
public final class WeightFiles implements AutoCloseable {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Arena arena;
  private final Map<String, TensorEntry> entries;

  private WeightFiles(Arena arena, Map<String, TensorEntry> entries) {
    this.arena = arena;
    this.entries = Collections.unmodifiableMap(entries);
  }

  /// Opens a file, or the weights of a directory: one file, or shards with an index.
  @SuppressWarnings("MustBeClosedChecker") // The arena ends with the WeightFiles.
  public static WeightFiles open(Path path) {
    Arena arena = Arena.ofShared();
    try {
      return new WeightFiles(arena, read(path, arena));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Map<String, TensorEntry> read(Path path, Arena arena) {
    if (Files.isRegularFile(path)) {
      return SafetensorsFile.read(path, arena);
    }
    if (Files.isRegularFile(path.resolve(INDEX))) {
      return shards(path.resolve(INDEX), arena);
    }
    if (Files.isRegularFile(path.resolve(SINGLE))) {
      return SafetensorsFile.read(path.resolve(SINGLE), arena);
    }
    throw new WeightsException(
        path
            + ": no weights (looked for "
            + SINGLE
            + " and "
            + INDEX
            + "); check the model's path");
  }

  private static Map<String, TensorEntry> shards(Path index, Arena arena) {
    JsonNode map;
    try {
      map = new ObjectMapper().readTree(index.toFile()).path("weight_map");
    } catch (IOException e) {
      throw new WeightsException(index + ": not a JSON index (" + e.getMessage() + ")", e);
    }
    Map<String, Map<String, TensorEntry>> files = new LinkedHashMap<>();
    Map<String, TensorEntry> all = new TreeMap<>();
    for (Map.Entry<String, JsonNode> item : map.properties()) {
      String shard = item.getValue().asText();
      Path file = index.resolveSibling(shard);
      if (!Files.isRegularFile(file)) {
        throw new WeightsException(
            file + ": shard is missing (named by " + index + "); copy it beside the index");
      }
      TensorEntry entry =
          files.computeIfAbsent(shard, s -> SafetensorsFile.read(file, arena)).get(item.getKey());
      if (entry == null) {
        throw new WeightsException(
            file + ": lacks tensor '" + item.getKey() + "' that " + index + " says it holds");
      }
      all.put(item.getKey(), entry);
    }
    return all;
  }

  /// All tensors by their names in the files.
  public Map<String, TensorEntry> entries() {
    return entries;
  }

  @Override
  public void close() {
    arena.close();
  }
}
