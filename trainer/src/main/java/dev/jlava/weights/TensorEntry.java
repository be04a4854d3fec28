package dev.jlava.weights;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/// A tensor in a weight file, as a read-only view into the mapped file.
public record TensorEntry(String name, Dtype dtype, long[] shape, MemorySegment data, Path file) {
  /// Bytes that the tensor takes in the file.
  public long bytes() {
    return data.byteSize();
  }
}
