package dev.jlava.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/// Reader of one safetensors file: 8 bytes of header length, a JSON header, the bytes of the
/// tensors.
final class SafetensorsFile {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final MemorySegment data;

  private SafetensorsFile(Path file, MemorySegment data) {
    this.file = file;
    this.data = data;
  }

  static Map<String, TensorEntry> read(Path file, Arena arena) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 8) {
        throw truncated(file, "the header", size, 8);
      }
      MemorySegment all = channel.map(MapMode.READ_ONLY, 0, size, arena);
      long length = all.get(LENGTH, 0);
      if (length < 2 || length > size - 8) {
        throw truncated(file, "the header", size, length + 8);
      }
      byte[] header = all.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
      return new SafetensorsFile(file, all.asSlice(8 + length)).entries(header);
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be read (" + e + ")", e);
    }
  }

  private static WeightsException truncated(Path file, String what, long found, long expected) {
    return new WeightsException(
        file
            + ": truncated in "
            + what
            + " (found "
            + found
            + " bytes, expected "
            + expected
            + "); download or copy it again");
  }

  private Map<String, TensorEntry> entries(byte[] header) {
    JsonNode json;
    try {
      json = new ObjectMapper().readTree(header);
    } catch (IOException e) {
      throw new WeightsException(file + ": the header is not JSON; not a safetensors file?", e);
    }
    Map<String, TensorEntry> all = new TreeMap<>();
    for (Map.Entry<String, JsonNode> item : json.properties()) {
      if (!item.getKey().equals("__metadata__")) {
        all.put(item.getKey(), entry(item.getKey(), item.getValue()));
      }
    }
    return all;
  }

  private TensorEntry entry(String name, JsonNode json) {
    Dtype dtype = dtype(name, json.path("dtype").asText());
    long[] shape = new long[json.path("shape").size()];
    Arrays.setAll(shape, i -> json.path("shape").get(i).asLong());
    long start = json.path("data_offsets").path(0).asLong(-1);
    long end = json.path("data_offsets").path(1).asLong(-1);
    long expected = dtype.bytes() * Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    if (start < 0 || end - start != expected) {
      throw new WeightsException(
          file
              + ": tensor '"
              + name
              + "' spans bytes "
              + start
              + " to "
              + end
              + ", expected "
              + expected
              + " bytes for "
              + dtype
              + Arrays.toString(shape));
    }
    if (end > data.byteSize()) {
      throw truncated(file, "tensor '" + name + "'", data.byteSize(), end);
    }
    return new TensorEntry(name, dtype, shape, data.asSlice(start, expected), file);
  }

  private Dtype dtype(String tensor, String name) {
    return Arrays.stream(Dtype.values())
        .filter(d -> d.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new WeightsException(
                file
                    + ": tensor '"
                    + tensor
                    + "' has dtype '"
                    + name
                    + "' (allowed "
                    + Arrays.toString(Dtype.values())
                    + ")"));
  }
}
