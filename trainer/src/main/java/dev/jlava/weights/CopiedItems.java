package dev.jlava.weights;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The memory of copied tensors, which another thread can write while the tensors themselves
/// change. As large as they are together, until closed.
public final class CopiedItems implements AutoCloseable {
  private final Arena arena = Arena.ofShared();

  /// The same items with their bytes as they are now.
  public List<SafetensorsWriter.Item> copy(List<SafetensorsWriter.Item> items) {
    return items.stream().map(this::copy).toList();
  }

  private SafetensorsWriter.Item copy(SafetensorsWriter.Item item) {
    MemorySegment copy = arena.allocate(Math.max(1, item.bytes()), Long.BYTES);
    try (Arena temporary = Arena.ofConfined()) {
      MemorySegment bytes = item.data().apply(temporary);
      copy.asSlice(0, bytes.byteSize()).copyFrom(bytes);
    }
    MemorySegment exact = copy.asSlice(0, item.bytes());
    return new SafetensorsWriter.Item(item.name(), item.dtype(), item.shape(), _ -> exact);
  }

  @Override
  public void close() {
    arena.close();
  }
}
