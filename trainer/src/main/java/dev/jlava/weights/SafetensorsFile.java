package dev.jlava.weights;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
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
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reader of one safetensors file: 8 bytes of header length, a JSON header, the bytes of the
/// tensors.
final class SafetensorsFile {
  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long MAX_HEADER = 100_000_000; // as in Hugging Face's reader

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

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
      if (length < 2 || length > MAX_HEADER) {
        throw new WeightsException(
            file
                + ": not a safetensors file (found a header of "
                + Long.toUnsignedString(length)
                + " bytes, expected 2 to "
                + MAX_HEADER
                + "); download or copy it again");
      }
      if (length > size - 8) {
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
      json = JSON.readTree(header);
    } catch (IOException e) {
      throw new WeightsException(
          file + ": the header is not JSON (" + e.getMessage() + "); not a safetensors file?", e);
    }
    if (!json.isObject()) {
      throw new WeightsException(
          file + ": the header is " + json.getNodeType() + ", expected a JSON object");
    }
    Map<String, TensorEntry> all = new TreeMap<>();
    for (Map.Entry<String, JsonNode> item : json.properties()) {
      if (!item.getKey().equals("__metadata__")) {
        all.put(item.getKey(), entry(item.getKey(), item.getValue()));
      }
    }
    checkCover(all.values());
    return all;
  }

  private TensorEntry entry(String name, JsonNode json) {
    Dtype dtype = dtype(name, json.path("dtype").asText());
    long[] shape = shape(name, json.path("shape"));
    long start = json.path("data_offsets").path(0).asLong(-1);
    long end = json.path("data_offsets").path(1).asLong(-1);
    long expected = bytes(name, dtype, shape);
    if (start < 0 || end < start || end - start != expected) {
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
              + Arrays.toString(shape)
              + "; download or copy it again");
    }
    if (end > data.byteSize()) {
      throw truncated(file, "tensor '" + name + "'", data.byteSize(), end);
    }
    return new TensorEntry(name, dtype, shape, data.asSlice(start, expected), file);
  }

  private long[] shape(String tensor, JsonNode json) {
    long[] shape = new long[json.size()];
    Arrays.setAll(shape, i -> json.get(i).isIntegralNumber() ? json.get(i).asLong(-1) : -1);
    if (!json.isArray() || Arrays.stream(shape).anyMatch(size -> size < 0)) {
      throw new WeightsException(
          file
              + ": tensor '"
              + tensor
              + "' has shape "
              + json
              + ", expected a list of sizes; download or copy it again");
    }
    return shape;
  }

  private long bytes(String tensor, Dtype dtype, long[] shape) {
    try {
      return Arrays.stream(shape).reduce(dtype.bytes(), Math::multiplyExact);
    } catch (ArithmeticException e) {
      throw new WeightsException(
          file
              + ": tensor '"
              + tensor
              + "' has shape "
              + Arrays.toString(shape)
              + ", more bytes than a file can have; download or copy it again",
          e);
    }
  }

  /// Checks that the tensors cover the data without overlap, gap or rest, as the format demands.
  private void checkCover(Collection<TensorEntry> tensors) {
    List<TensorEntry> inOrder =
        tensors.stream()
            .sorted(
                Comparator.comparingLong(this::start)
                    .thenComparingLong(entry -> entry.data().byteSize()))
            .toList();
    long at = 0;
    for (TensorEntry entry : inOrder) {
      if (start(entry) != at) {
        throw new WeightsException(
            file
                + ": tensor '"
                + entry.name()
                + "' begins at byte "
                + start(entry)
                + " of the data, expected "
                + at
                + ", where the one before it ends; download or copy it again");
      }
      at += entry.data().byteSize();
    }
    if (at != data.byteSize()) {
      throw new WeightsException(
          file
              + ": holds "
              + data.byteSize()
              + " bytes of data, expected "
              + at
              + ", where the last tensor ends; download or copy it again");
    }
  }

  private long start(TensorEntry entry) {
    return entry.data().address() - data.address();
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
                    + "); convert it"));
  }
}
