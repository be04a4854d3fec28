package dev.jlava.weights;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/// A tensor in a weight file.
///
/// @param dtype of the elements as they are given, which may be stored otherwise
/// @param stored how the file has them
public record TensorEntry(
    String name, Dtype dtype, long[] shape, Elements elements, Path file, Stored stored) {
  /// A type's name and the bytes that the tensor takes in the file.
  public record Stored(String type, long bytes) {}

  /// Gives the elements: a read-only view into the mapped file, or what is computed from it in the
  /// arena's memory, by several threads.
  @FunctionalInterface
  public interface Elements {
    MemorySegment in(Arena shared);
  }

  /// A tensor whose elements are a view into the mapped file.
  public TensorEntry(String name, Dtype dtype, long[] shape, MemorySegment data, Path file) {
    this(name, dtype, shape, arena -> data, file, new Stored(dtype.name(), data.byteSize()));
  }

  /// Bytes that the tensor takes in the file.
  public long bytes() {
    return stored.bytes();
  }

  /// Whether another has the same shape, dtype and bytes.
  public boolean sameAs(TensorEntry other) {
    return dtype == other.dtype
        && Arrays.equals(shape, other.shape)
        && data().mismatch(other.data()) == -1;
  }

  /// The elements for a while.
  @SuppressWarnings("MustBeClosedChecker") // The arena ends with what is opened.
  public Open open() {
    Arena arena = Arena.ofShared();
    return new Open(arena, elements.in(arena));
  }

  /// Elements that end with this.
  ///
  /// @param arena of what was computed
  public record Open(Arena arena, MemorySegment data) implements AutoCloseable {
    /// A part of the elements.
    ///
    /// @param at in bytes
    public MemorySegment part(long at, long bytes) {
      return data.asSlice(at, bytes);
    }

    /// Bytes of all elements.
    public long bytes() {
      return data.byteSize();
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  /// The elements, as long as someone holds them.
  public MemorySegment data() {
    return elements.in(Arena.ofAuto());
  }
}
