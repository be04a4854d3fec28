package dev.jlava.weights.gguf;

import dev.jlava.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/// Writer of GGUF files (version 3), tensor by tensor. A file appears under its name only when it
/// is whole.
public final class GgufWriter {
  private static final int ALIGNMENT = 32;
  private static final int VERSION = 3;
  private static final long CHUNK = 64L << 20;

  private GgufWriter() {}

  /// Gives a tensor's elements in fp32 when their turn comes; the arena, which all threads may use,
  /// ends once they are written.
  @FunctionalInterface
  public interface Values {
    MemorySegment in(Arena shared);
  }

  /// A tensor to write.
  ///
  /// @param shape rows first, as in PyTorch
  public record Item(String name, GgmlType type, long[] shape, Values values) {
    long bytes() {
      return type.bytes(elements());
    }

    private long elements() {
      return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
  }

  /// Writes the metadata's file.
  public static void write(GgufMetadata metadata, List<Item> items) {
    Path file = metadata.file();
    Path temporary = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        writeFully(channel, ByteBuffer.wrap(head(metadata, items)));
        for (Item item : items) {
          write(channel, item);
        }
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failure(file, temporary, items, e);
    }
  }

  private static WeightsException failure(
      Path file, Path temporary, List<Item> items, IOException cause) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return new WeightsException(
        "%s: cannot be written (%s; needs %d bytes); make room or choose another output"
            .formatted(file, cause, items.stream().mapToLong(Item::bytes).sum()),
        cause);
  }

  private static byte[] head(GgufMetadata metadata, List<Item> items) {
    Out out = new Out();
    out.writeBytes(GgufFile.MAGIC);
    out.number(VERSION);
    out.wide(items.size());
    out.wide(metadata.values().size());
    metadata.values().forEach(out::key);
    long offset = 0;
    for (Item item : items) {
      out.string(item.name());
      out.number(item.shape().length);
      for (int i = item.shape().length - 1; i >= 0; i--) {
        out.wide(item.shape()[i]);
      }
      out.number(item.type().id());
      out.wide(offset);
      offset += aligned(item.bytes());
    }
    out.writeBytes(new byte[(int) (aligned(out.size()) - out.size())]);
    return out.toByteArray();
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void write(FileChannel channel, Item item) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment values = item.values().in(arena);
      if (values.byteSize() != item.elements() * Float.BYTES) {
        throw new IllegalStateException(
            item.name() + ": " + values.byteSize() + " bytes for " + item.elements() + " values");
      }
      MemorySegment blocks =
          item.type() == GgmlType.F32 ? values : Blocks.encode(item.type(), values, arena);
      for (long at = 0; at < blocks.byteSize(); at += CHUNK) {
        long length = Math.min(CHUNK, blocks.byteSize() - at);
        writeFully(channel, blocks.asSlice(at, length).asByteBuffer());
      }
      writeFully(channel, ByteBuffer.allocate((int) (aligned(item.bytes()) - item.bytes())));
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /// The head as it grows.
  private static final class Out extends ByteArrayOutputStream {
    void number(long value) {
      writeBytes(little(Integer.BYTES).putInt((int) value).array());
    }

    void wide(long value) {
      writeBytes(little(Long.BYTES).putLong(value).array());
    }

    void string(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      wide(bytes.length);
      writeBytes(bytes);
    }

    void key(String key, GgufValue value) {
      string(key);
      if (value.value() instanceof List<?> list) {
        number(GgufValueType.ARRAY.id());
        number(value.type().id());
        wide(list.size());
        list.forEach(element -> value(value.type(), element));
      } else {
        number(value.type().id());
        value(value.type(), value.value());
      }
    }

    private void value(GgufValueType type, Object value) {
      switch (type) {
        case UINT8, INT8 -> write(((Long) value).intValue());
        case BOOL -> write((Boolean) value ? 1 : 0);
        case UINT16, INT16 ->
            writeBytes(little(Short.BYTES).putShort(((Long) value).shortValue()).array());
        case UINT32, INT32 -> number((Long) value);
        case UINT64, INT64 -> wide((Long) value);
        case FLOAT32 -> number(Float.floatToRawIntBits(((Double) value).floatValue()));
        case FLOAT64 -> wide(Double.doubleToRawLongBits((Double) value));
        case STRING -> string((String) value);
        case ARRAY -> throw new IllegalStateException("a list of lists");
      }
    }

    private static ByteBuffer little(int bytes) {
      return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
  }
}
