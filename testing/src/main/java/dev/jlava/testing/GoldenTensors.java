package dev.jlava.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A safetensors file read whole, by a reader of its own: an independent check of the one under
/// test.
public final class GoldenTensors {
  private final Path file;
  private final JsonNode header;
  private final ByteBuffer data;

  private GoldenTensors(Path file, JsonNode header, ByteBuffer data) {
    this.file = file;
    this.header = header;
    this.data = data;
  }

  public static GoldenTensors read(Path file) {
    try {
      ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      int length = Math.toIntExact(all.getLong(0));
      JsonNode header = new ObjectMapper().readTree(all.array(), 8, length);
      return new GoldenTensors(file, header, all.slice(8 + length, all.capacity() - 8 - length));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public List<String> names() {
    List<String> names = new ArrayList<>();
    header.fieldNames().forEachRemaining(names::add);
    names.remove("__metadata__");
    return names;
  }

  public long[] shape(String name) {
    JsonNode shape = entry(name).get("shape");
    long[] result = new long[shape.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = shape.get(i).asLong();
    }
    return result;
  }

  public float[] floats(String name) {
    ByteBuffer bytes = bytes(name, "F32");
    float[] result = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(result);
    return result;
  }

  public long[] longs(String name) {
    ByteBuffer bytes = bytes(name, "I64");
    long[] result = new long[bytes.remaining() / Long.BYTES];
    bytes.asLongBuffer().get(result);
    return result;
  }

  public byte[] uint8(String name) {
    return elements(name, "U8");
  }

  public byte[] int8(String name) {
    return elements(name, "I8");
  }

  private byte[] elements(String name, String dtype) {
    ByteBuffer bytes = bytes(name, dtype);
    byte[] result = new byte[bytes.remaining()];
    bytes.get(result);
    return result;
  }

  private ByteBuffer bytes(String name, String dtype) {
    JsonNode entry = entry(name);
    if (!entry.get("dtype").asText().equals(dtype)) {
      throw new IllegalArgumentException(
          file + ": '" + name + "' is " + entry.get("dtype") + ", asked for " + dtype);
    }
    int start = entry.get("data_offsets").get(0).asInt();
    int end = entry.get("data_offsets").get(1).asInt();
    return data.slice(start, end - start).order(ByteOrder.LITTLE_ENDIAN);
  }

  private JsonNode entry(String name) {
    JsonNode entry = header.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(file + ": no tensor '" + name + "'");
    }
    return entry;
  }
}
