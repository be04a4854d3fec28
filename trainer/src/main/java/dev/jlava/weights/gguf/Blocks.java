package dev.jlava.weights.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.LongStream;

/// Whole tensors to and from fp32, in parallel over pieces that are whole blocks.
public final class Blocks {
  /// Elements of a piece: a multiple of every block size.
  private static final int PIECE = 1 << 14;

  private Blocks() {}

  /// The elements in fp32.
  public static MemorySegment decode(GgmlType type, MemorySegment blocks, Arena arena) {
    long elements = blocks.byteSize() / type.blockBytes() * type.blockSize();
    MemorySegment values = allocate(arena, elements * Float.BYTES);
    pieces(elements)
        .forEach(start -> {
          float[] piece = new float[(int) Math.min(PIECE, elements - start)];
          for (int at = 0; at < piece.length; at += type.blockSize()) {
            type.codec().decode(blocks, type.bytes(start + at), piece, at);
          }
          MemorySegment.copy(
              piece, 0, values, ValueLayout.JAVA_FLOAT, start * Float.BYTES, piece.length);
        });
    return values;
  }

  /// The blocks of fp32 elements; a row is a whole number of them.
  public static MemorySegment encode(GgmlType type, MemorySegment values, Arena arena) {
    long elements = values.byteSize() / Float.BYTES;
    MemorySegment blocks = allocate(arena, type.bytes(elements));
    pieces(elements)
        .forEach(start -> {
          float[] piece = new float[(int) Math.min(PIECE, elements - start)];
          MemorySegment.copy(
              values,
              ValueLayout.JAVA_FLOAT_UNALIGNED,
              start * Float.BYTES,
              piece,
              0,
              piece.length);
          for (int at = 0; at < piece.length; at += type.blockSize()) {
            type.codec().encode(piece, at, blocks, type.bytes(start + at));
          }
        });
    return blocks;
  }

  private static MemorySegment allocate(Arena arena, long bytes) {
    return arena.allocate(Math.max(1, bytes), 64).asSlice(0, bytes);
  }

  private static LongStream pieces(long elements) {
    return LongStream.range(0, (elements + PIECE - 1) / PIECE).map(i -> i * PIECE).parallel();
  }
}
