package dev.jlava.weights.gguf;

import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// The contents of a GGUF file (versions 2 and 3, little-endian), memory-mapped.
///
/// @param tensors by name, in the file's order
public record GgufFile(GgufMetadata metadata, Map<String, GgufTensor> tensors) {
  static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  /// Whether a path is a file that begins as GGUF does.
  public static boolean is(Path path) {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
    } catch (IOException e) {
      throw new WeightsException(path + ": cannot be read (" + e + ")", e);
    }
  }

  /// Reads a file's head; tensors stay mapped as long as the arena lives.
  ///
  /// @throws WeightsException where it is damaged, or has what JLaVA does not know
  public static GgufFile read(Path file, Arena arena) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment all = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      GgufFile read = new GgufHead(file, all).read();
      read.refuseShards();
      return read;
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be read (" + e + ")", e);
    }
  }

  /// What the metadata says the model is: `llama`, `qwen2`, `clip` …
  public String architecture() {
    return metadata.string("general.architecture");
  }

  private void refuseShards() {
    long count = metadata.optionalInteger("split.count").orElse(0L);
    if (count > 1) {
      throw new WeightsException(
          metadata.file()
              + ": one of "
              + count
              + " shards (expected a whole model); put them together with llama-gguf-split --merge");
    }
  }

  /// Lists names for a message.
  static String some(List<String> names) {
    return String.join(", ", names.subList(0, Math.min(5, names.size())))
        + (names.size() > 5 ? " and " + (names.size() - 5) + " more" : "");
  }
}
