package dev.jlava.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The tensors of a model directory or of one weight file, memory-mapped until closed.
public final class WeightFiles implements AutoCloseable {
  /// What a directory's weights may be called, the preferred first.
  private static final List<String> NAMES =
      List.of(
          "model.safetensors.index.json",
          "model.safetensors",
          "pytorch_model.bin.index.json",
          "pytorch_model.bin");

  private static final List<String> TORCH = List.of(".bin", ".pt", ".pth");
  private static final byte[] LFS_POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  private final Arena arena;
  private final Map<String, TensorEntry> entries;

  /// Tensors that are mapped in an arena, which ends with them.
  public WeightFiles(Arena arena, Map<String, TensorEntry> entries) {
    this.arena = arena;
    this.entries = Collections.unmodifiableMap(entries);
  }

  /// Opens a file, or the weights of a directory: one file, or shards with an index; safetensors
  /// where there are both these and torch's.
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

  /// Whether a directory holds a whole model's weights.
  public static boolean isIn(Path directory) {
    return NAMES.stream().anyMatch(name -> Files.isRegularFile(directory.resolve(name)));
  }

  private static Map<String, TensorEntry> read(Path path, Arena arena) {
    if (Files.isRegularFile(path)) {
      return file(path, arena);
    }
    for (String name : NAMES) {
      Path file = path.resolve(name);
      if (Files.isRegularFile(file)) {
        return name.endsWith(".json") ? shards(file, arena) : file(file, arena);
      }
    }
    throw new WeightsException(
        path
            + ": no weights (looked for "
            + String.join(", ", NAMES)
            + "); check the model's path");
  }

  /// The first file that a directory lacks for its weights to be whole: nothing where it has all.
  public static Optional<String> missing(Path directory) {
    for (String name : NAMES) {
      Path file = directory.resolve(name);
      if (Files.isRegularFile(file)) {
        return name.endsWith(".json")
            ? weightMap(file)
                .valueStream()
                .map(JsonNode::asText)
                .filter(shard -> !Files.isRegularFile(directory.resolve(shard)))
                .findFirst()
            : Optional.empty();
      }
    }
    return Optional.of("weights (" + String.join(", ", NAMES) + ")");
  }

  /// The tensors of one file; its ending tells torch's format from safetensors.
  private static Map<String, TensorEntry> file(Path file, Arena arena) {
    checkIsNoPointer(file);
    boolean torch = TORCH.stream().anyMatch(file.toString()::endsWith);
    return torch ? TorchFile.read(file, arena) : SafetensorsFile.read(file, arena);
  }

  /// A clone without Git LFS has small text files in place of the weights.
  private static void checkIsNoPointer(Path file) {
    byte[] start;
    try (InputStream stream = Files.newInputStream(file)) {
      start = stream.readNBytes(LFS_POINTER.length);
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be read (" + e + ")", e);
    }
    if (Arrays.equals(start, LFS_POINTER)) {
      throw new WeightsException(
          file
              + ": a Git LFS pointer, expected the weights it stands for; run `git lfs pull` where"
              + " it came from");
    }
  }

  private static Map<String, TensorEntry> shards(Path index, Arena arena) {
    JsonNode map = weightMap(index);
    Map<String, Map<String, TensorEntry>> files = new LinkedHashMap<>();
    Map<String, TensorEntry> all = new TreeMap<>();
    for (Map.Entry<String, JsonNode> item : map.properties()) {
      String shard = item.getValue().asText();
      Path file = index.resolveSibling(shard);
      if (!Files.isRegularFile(file)) {
        throw new WeightsException(
            file + ": shard is missing (named by " + index + "); copy it beside the index");
      }
      TensorEntry entry = files.computeIfAbsent(shard, s -> file(file, arena)).get(item.getKey());
      if (entry == null) {
        throw new WeightsException(
            file
                + ": lacks tensor '"
                + item.getKey()
                + "' that "
                + index
                + " says it holds; download or copy both again");
      }
      all.put(item.getKey(), entry);
    }
    return all;
  }

  /// The shard of each tensor.
  private static JsonNode weightMap(Path index) {
    JsonNode map;
    try {
      map = new ObjectMapper().readTree(index.toFile()).path("weight_map");
    } catch (IOException e) {
      throw new WeightsException(index + ": not a JSON index (" + e.getMessage() + ")", e);
    }
    if (map.isEmpty()) {
      throw new WeightsException(
          index + ": not an index of shards (its weight_map is missing or empty)");
    }
    return map;
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
