package dev.jlava.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.function.Function;

/// Writer of safetensors files, as Hugging Face's `save_file` lays them out. A file appears under
/// its name only when it is whole.
public final class SafetensorsWriter {
  private static final long CHUNK = 64L << 20;

  private SafetensorsWriter() {}

  /// A tensor to write.
  ///
  /// @param data gives the bytes when their turn comes; the arena ends once they are written
  public record Item(String name, Dtype dtype, long[] shape, Function<Arena, MemorySegment> data) {
    /// Bytes as a tensor of U8.
    public static Item of(String name, byte[] bytes, long... shape) {
      return new Item(name, Dtype.U8, shape, arena -> MemorySegment.ofArray(bytes));
    }

    long bytes() {
      return dtype.bytes() * Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }
  }

  public static void write(Path file, List<Item> items) {
    Path temporary = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        writeFully(channel, header(items));
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
    long needed = items.stream().mapToLong(Item::bytes).sum();
    String free = "unknown";
    try {
      Files.deleteIfExists(temporary);
      free = Long.toString(Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace());
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
    return new WeightsException(
        file
            + ": cannot be written ("
            + cause
            + "; needs "
            + needed
            + " bytes, free "
            + free
            + "); make room or choose another output",
        cause);
  }

  private static ByteBuffer header(List<Item> items) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (Item item : items) {
      ObjectNode entry = json.putObject(item.name()).put("dtype", item.dtype().name());
      Arrays.stream(item.shape()).forEach(entry.putArray("shape")::add);
      long end = offset + item.bytes();
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
    int padded = (text.length + 7) / 8 * 8;
    ByteBuffer header = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(padded).put(text);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.flip();
  }

  private static void write(FileChannel channel, Item item) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = item.data().apply(arena);
      if (data.byteSize() != item.bytes()) {
        throw new IllegalStateException(
            item.name() + ": " + data.byteSize() + " bytes, expected " + item.bytes());
      }
      for (long at = 0; at < data.byteSize(); at += CHUNK) {
        long length = Math.min(CHUNK, data.byteSize() - at);
        writeFully(channel, data.asSlice(at, length).asByteBuffer());
      }
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
