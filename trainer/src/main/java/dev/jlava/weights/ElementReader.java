package dev.jlava.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The elements of a stored tensor as numbers, whatever its dtype.
public final class ElementReader {
  private final Dtype dtype;
  private final MemorySegment data;

  public ElementReader(TensorEntry entry) {
    this.dtype = entry.dtype();
    this.data = entry.data();
  }

  /// The element at a place in row-major order.
  public double get(long index) {
    return switch (dtype) {
      case F64 -> data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8);
      case F32 -> data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4);
      case F16 -> Float.float16ToFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
      case BF16 ->
          Float.intBitsToFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2) << 16);
      case I64 -> data.get(ValueLayout.JAVA_LONG_UNALIGNED, index * 8);
      case I32 -> data.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4);
      case I16 -> data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2);
      case I8 -> data.get(ValueLayout.JAVA_BYTE, index);
      case U8, BOOL -> data.get(ValueLayout.JAVA_BYTE, index) & 0xff;
    };
  }
}
