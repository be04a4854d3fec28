package dev.jlava.weights.gguf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The order of a query's or key's rows: Hugging Face keeps the two halves of a head's rotary pairs
/// apart, llama.cpp's `llama` architecture has the pairs side by side.
final class HeadRows {
  private HeadRows() {}

  /// Rows of a GGUF file in Hugging Face's order.
  static MemorySegment apart(MemorySegment rows, long count, long heads, Arena arena) {
    return reordered(rows, count, heads, false, arena);
  }

  /// Rows of Hugging Face in llama.cpp's order.
  static MemorySegment paired(MemorySegment rows, long count, long heads, Arena arena) {
    return reordered(rows, count, heads, true, arena);
  }

  private static MemorySegment reordered(
      MemorySegment rows, long count, long heads, boolean paired, Arena arena) {
    MemorySegment target = arena.allocate(rows.byteSize(), 64);
    long bytes = rows.byteSize() / count;
    long half = count / heads / 2;
    for (long row = 0; row < count; row++) {
      long first = row / (2 * half) * 2 * half; // of the head
      long within = row - first;
      long other = first + within % half * 2 + within / half; // where its pair is side by side
      long from = paired ? row : other;
      long to = paired ? other : row;
      MemorySegment.copy(rows, from * bytes, target, to * bytes, bytes);
    }
    return target;
  }
}
