package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;

/// What a value of the metadata is, by its number in the file.
enum GgufValueType {
  UINT8(0, 1),
  INT8(1, 1),
  UINT16(2, 2),
  INT16(3, 2),
  UINT32(4, 4),
  INT32(5, 4),
  FLOAT32(6, 4),
  BOOL(7, 1),
  STRING(8, -1),
  ARRAY(9, -1),
  UINT64(10, 8),
  INT64(11, 8),
  FLOAT64(12, 8);

  private final int id;
  private final int bytes;

  GgufValueType(int id, int bytes) {
    this.id = id;
    this.bytes = bytes;
  }

  static Optional<GgufValueType> of(int id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }

  int id() {
    return id;
  }

  /// Bytes of one value; negative where they vary.
  int bytes() {
    return bytes;
  }

  /// Reads a value of a fixed size: a Long, a Double or a Boolean.
  Object read(MemorySegment file, long at) {
    return switch (this) {
      case UINT8 -> (long) Bits.unsigned(file, at);
      case INT8 -> (long) Bits.signed(file, at);
      case UINT16 -> (long) Short.toUnsignedInt(file.get(Bits.SHORT, at));
      case INT16 -> (long) file.get(Bits.SHORT, at);
      case UINT32 -> Integer.toUnsignedLong(file.get(Bits.INT, at));
      case INT32 -> (long) file.get(Bits.INT, at);
      case UINT64, INT64 -> file.get(Bits.LONG, at);
      case FLOAT32 -> (double) file.get(Bits.FLOAT, at);
      case FLOAT64 -> file.get(Bits.DOUBLE, at);
      case BOOL -> file.get(ValueLayout.JAVA_BYTE, at) != 0;
      case STRING, ARRAY -> throw new IllegalStateException(this + " has no fixed size");
    };
  }
}
