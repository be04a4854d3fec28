package dev.jlava.weights;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/// A tensor in a weight file, as a read-only view into the mapped file.
public record TensorEntry(String name, Dtype dtype, long[] shape, MemorySegment data, Path file) {
  /// Whether another has the same shape, dtype and bytes.
  public boolean sameAs(TensorEntry other) {
    return dtype == other.dtype
        && Arrays.equals(shape, other.shape)
        && data.mismatch(other.data) == -1;
  }

  /// Bytes that the tensor takes in the file.
  public long bytes() {
    return data.byteSize();
  }
}
