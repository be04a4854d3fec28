package dev.jlava.weights;

import dev.jlava.weights.TorchObjects.StridedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/// The bytes of a tensor in row-major order: a view of its storage where they lie so, else (a
/// transposed tensor) a copy.
final class StorageView {
  private static final int MAX_AXES = 64; // torch's own limit

  private final Path file;
  private final String name;
  private final StridedTensor tensor;
  private final int width;

  /// @param file for messages
  /// @param name of the tensor, for messages
  StorageView(Path file, String name, StridedTensor tensor) {
    this.file = file;
    this.name = name;
    this.tensor = tensor;
    this.width = tensor.storage().dtype().bytes();
  }

  /// @param storage the storage's bytes
  /// @param arena owner of a copy
  MemorySegment data(MemorySegment storage, Arena arena) {
    try {
      checkStorage(storage);
      long numElements = numElements();
      if (numElements == 0) {
        return storage.asSlice(0, 0);
      }
      checkRange(numElements);
      MemorySegment from = storage.asSlice(tensor.offset() * width);
      if (isRowMajor()) {
        return from.asSlice(0, numElements * width);
      }
      MemorySegment copy = arena.allocate(numElements * width, width);
      copy(from, 0, copy, 0, 0);
      return copy.asReadOnly();
    } catch (ArithmeticException e) {
      throw fault("its size or strides overflow", e);
    }
  }

  private void checkStorage(MemorySegment storage) {
    long expected = Math.multiplyExact(tensor.storage().numElements(), (long) width);
    if (storage.byteSize() != expected) {
      throw fault(
          "its storage 'data/%s' has %d bytes, expected %d; download or copy the file again"
              .formatted(tensor.storage().key(), storage.byteSize(), expected));
    }
  }

  private long numElements() {
    long[] shape = tensor.shape();
    boolean fits = shape.length == tensor.strides().length && shape.length <= MAX_AXES;
    if (!fits || Arrays.stream(shape).anyMatch(n -> n < 0)) {
      throw fault("it has strides " + Arrays.toString(tensor.strides()));
    }
    boolean empty = Arrays.stream(shape).anyMatch(n -> n == 0);
    return empty ? 0 : Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /// Checks that every element lies in the storage, and that a copy is not larger than it.
  private void checkRange(long numElements) {
    long last = tensor.offset();
    for (int i = 0; i < tensor.shape().length; i++) {
      long steps = Math.multiplyExact(tensor.shape()[i] - 1, tensor.strides()[i]);
      if (steps < 0) {
        throw fault("it has strides " + Arrays.toString(tensor.strides()));
      }
      last = Math.addExact(last, steps);
    }
    if (tensor.offset() < 0 || last >= tensor.storage().numElements()) {
      throw fault(
          "it spans elements %d to %d of a storage of %d"
              .formatted(tensor.offset(), last, tensor.storage().numElements()));
    }
    if (numElements > tensor.storage().numElements()) {
      throw fault("it is an expanded view of fewer elements; save it with .contiguous()");
    }
  }

  private boolean isRowMajor() {
    long expected = 1;
    for (int i = tensor.shape().length - 1; i >= 0; i--) {
      if (tensor.shape()[i] != 1 && tensor.strides()[i] != expected) {
        return false;
      }
      expected *= tensor.shape()[i];
    }
    return true;
  }

  /// Copies all that lies below an axis and tells where the next goes. Depth is the number of axes.
  private long copy(MemorySegment from, long at, MemorySegment to, long next, int axis) {
    if (axis == tensor.shape().length) {
      MemorySegment.copy(from, at, to, next, width);
      return next + width;
    }
    for (long i = 0; i < tensor.shape()[axis]; i++) {
      next = copy(from, at + i * tensor.strides()[axis] * width, to, next, axis + 1);
    }
    return next;
  }

  private WeightsException fault(String what) {
    return new WeightsException(message(what));
  }

  private WeightsException fault(String what, Throwable cause) {
    return new WeightsException(message(what), cause);
  }

  private String message(String what) {
    return file
        + ": tensor '"
        + name
        + "' of shape "
        + Arrays.toString(tensor.shape())
        + " cannot be read: "
        + what;
  }
}
