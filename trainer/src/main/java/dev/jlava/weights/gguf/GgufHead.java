package dev.jlava.weights.gguf;

import dev.jlava.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The head of a GGUF file, read from front to back: magic, version, counts, metadata, and what and
/// where the tensors are.
final class GgufHead {
  private static final int MOST_DIMENSIONS = 4; // GGML_MAX_DIMS
  private static final long DEFAULT_ALIGNMENT = 32;

  private final Path file;
  private final MemorySegment all;
  private long at;

  GgufHead(Path file, MemorySegment all) {
    this.file = file;
    this.all = all;
  }

  /// A tensor whose data's place is not known yet.
  private record Info(String name, GgmlType type, long[] shape, long offset) {}

  GgufFile read() {
    byte[] magic = all.asSlice(take(4, "the magic"), 4).toArray(ValueLayout.JAVA_BYTE);
    if (!Arrays.equals(magic, GgufFile.MAGIC)) {
      throw wrong(
          "not a GGUF file (found the bytes %s, expected GGUF)".formatted(Arrays.toString(magic)));
    }
    long version = number("the version");
    if (version != 2 && version != 3) {
      throw wrong(
          "GGUF version %d is not supported (allowed 2 and 3, little-endian)".formatted(version));
    }
    long tensors = count("the number of tensors");
    long keys = count("the number of keys");
    GgufMetadata metadata = new GgufMetadata(file);
    for (long i = 0; i < keys; i++) {
      key(metadata);
    }
    List<Info> infos = new ArrayList<>();
    for (long i = 0; i < tensors; i++) {
      infos.add(info());
    }
    return new GgufFile(metadata, place(infos, alignment(metadata)));
  }

  private void key(GgufMetadata metadata) {
    String key = string("a key");
    String what = "metadata '" + key + "'";
    GgufValueType type = type(what);
    GgufValue value =
        type == GgufValueType.ARRAY ? array(what) : new GgufValue(type, value(type, what));
    if (!metadata.put(key, value)) {
      throw wrong(what + " occurs twice");
    }
  }

  private GgufValueType type(String what) {
    int id = (int) number(what);
    return GgufValueType.of(id)
        .orElseThrow(() ->
            wrong(
                "%s has type %d (allowed 0 to %d)"
                    .formatted(what, id, GgufValueType.values().length - 1)));
  }

  private GgufValue array(String what) {
    GgufValueType type = type(what);
    if (type == GgufValueType.ARRAY) {
      throw wrong(what + " is a list of lists, which is not supported");
    }
    long count = count(what);
    List<Object> values = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      values.add(value(type, what));
    }
    return new GgufValue(type, values);
  }

  private Object value(GgufValueType type, String what) {
    return type == GgufValueType.STRING ? string(what) : type.read(all, take(type.bytes(), what));
  }

  private Info info() {
    String name = string("a tensor's name");
    String what = "tensor '" + name + "'";
    long dimensions = number(what);
    if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
      throw wrong(
          "%s has %d dimensions (expected at most %d)"
              .formatted(what, dimensions, MOST_DIMENSIONS));
    }
    long[] shape = new long[(int) dimensions];
    for (int i = shape.length - 1; i >= 0; i--) {
      shape[i] = count(what);
    }
    long id = number(what);
    GgmlType type =
        GgmlType.of((int) id)
            .orElseThrow(() ->
                wrong(
                    "%s has type %d (allowed %s); convert the model to one of these"
                        .formatted(what, id, Arrays.toString(GgmlType.values()))));
    return new Info(name, type, shape, count(what));
  }

  private long alignment(GgufMetadata metadata) {
    long alignment = metadata.optionalInteger("general.alignment").orElse(DEFAULT_ALIGNMENT);
    if (alignment < 1 || Long.bitCount(alignment) != 1) {
      throw wrong("general.alignment is " + alignment + " (expected a power of two)");
    }
    return alignment;
  }

  private Map<String, GgufTensor> place(List<Info> infos, long alignment) {
    long start = (at + alignment - 1) / alignment * alignment;
    Map<String, GgufTensor> tensors = new LinkedHashMap<>();
    for (Info info : infos) {
      GgufTensor tensor = place(info, start, alignment);
      if (tensors.put(info.name(), tensor) != null) {
        throw wrong("tensor '" + info.name() + "' occurs twice");
      }
    }
    return tensors;
  }

  private GgufTensor place(Info info, long start, long alignment) {
    String what = "tensor '" + info.name() + "'";
    long[] shape = info.shape();
    if (shape.length > 0 && shape[shape.length - 1] % info.type().blockSize() != 0) {
      throw wrong(
          "%s has rows of %d elements (expected a multiple of %d for %s)"
              .formatted(what, shape[shape.length - 1], info.type().blockSize(), info.type()));
    }
    long bytes = bytes(info, what);
    long end = start + info.offset() + bytes;
    if (info.offset() % alignment != 0) {
      throw wrong(
          "%s begins at offset %d (expected a multiple of %d)"
              .formatted(what, info.offset(), alignment));
    }
    require(end < 0 ? Long.MAX_VALUE : end, what);
    return new GgufTensor(
        info.name(), info.type(), shape, all.asSlice(start + info.offset(), bytes));
  }

  private long bytes(Info info, String what) {
    try {
      long elements = Arrays.stream(info.shape()).reduce(1, Math::multiplyExact);
      return Math.multiplyExact(
          elements / info.type().blockSize(), (long) info.type().blockBytes());
    } catch (ArithmeticException e) {
      String shape = Arrays.toString(info.shape());
      WeightsException wrong = wrong(what + " of shape " + shape + " has more bytes than any file");
      wrong.initCause(e);
      throw wrong;
    }
  }

  private long number(String what) {
    return all.get(Bits.INT, take(4, what));
  }

  /// A number of things, none of which is smaller than nothing.
  private long count(String what) {
    long count = all.get(Bits.LONG, take(8, what));
    if (count < 0) {
      throw wrong(what + " has " + Long.toUnsignedString(count) + " in place of a count");
    }
    return count;
  }

  private String string(String what) {
    long length = count(what);
    require(at + Math.min(length, all.byteSize()), what);
    byte[] text = all.asSlice(take(length, what), length).toArray(ValueLayout.JAVA_BYTE);
    return new String(text, StandardCharsets.UTF_8);
  }

  /// Goes past bytes.
  ///
  /// @return where they begin
  private long take(long bytes, String what) {
    require(at + bytes, what);
    long from = at;
    at += bytes;
    return from;
  }

  private void require(long end, String what) {
    if (end > all.byteSize()) {
      throw wrong(
          "truncated in %s (found %d bytes, expected at least %d); download or copy it again"
              .formatted(what, all.byteSize(), end));
    }
  }

  private WeightsException wrong(String problem) {
    return new WeightsException(
        file + ": " + problem + (problem.contains(";") ? "" : "; download or copy it again"));
  }
}
