package dev.jlava.weights;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A table with more rows than the model's: the rows it has, and after them their mean, as
/// transformers does when it adds tokens. As the head's rows, the mean gives a token the mean of
/// all scores, so that greedy decoding never chooses it; zeros would win where all scores are
/// negative.
public final class GrownRows {
  private GrownRows() {}

  /// The item with that many rows; itself if it has them.
  public static SafetensorsWriter.Item of(SafetensorsWriter.Item item, int rows) {
    long[] shape = item.shape();
    if (shape[0] == rows) {
      return item;
    }
    return new SafetensorsWriter.Item(
        item.name(),
        item.dtype(),
        new long[] {rows, shape[1]},
        arena -> grow(arena, item, Math.toIntExact(shape[1]), rows));
  }

  private static MemorySegment grow(Arena arena, SafetensorsWriter.Item item, int width, int rows) {
    MemorySegment old = item.data().apply(arena);
    long row = (long) width * item.dtype().bytes();
    MemorySegment mean = mean(arena, old, item.dtype(), width);
    MemorySegment all = arena.allocate(rows * row, ValueLayout.JAVA_FLOAT.byteAlignment());
    MemorySegment.copy(old, 0, all, 0, old.byteSize());
    for (long at = old.byteSize(); at < all.byteSize(); at += row) {
      MemorySegment.copy(mean, 0, all, at, row);
    }
    return all;
  }

  private static MemorySegment mean(Arena arena, MemorySegment table, Dtype dtype, int width) {
    long count = table.byteSize() / dtype.bytes();
    double rows = (double) count / width;
    double[] sums = new double[width];
    for (long i = 0; i < count; i++) {
      sums[(int) (i % width)] += value(table, dtype, i);
    }
    MemorySegment mean = arena.allocate((long) width * dtype.bytes());
    for (int i = 0; i < width; i++) {
      float value = (float) (sums[i] / rows);
      switch (dtype) {
        case BF16 -> mean.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L, bfloat16(value));
        case F16 -> mean.set(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L, Float.floatToFloat16(value));
        default -> mean.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * 4L, value);
      }
    }
    return mean;
  }

  private static float value(MemorySegment table, Dtype dtype, long index) {
    return switch (dtype) {
      case BF16 ->
          Float.intBitsToFloat(table.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2) << 16);
      case F16 -> Float.float16ToFloat(table.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
      default -> table.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4);
    };
  }

  /// Rounds to the nearest, ties to even; a mean is finite.
  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
  }
}
