package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// One block of a [GgmlType] to and from fp32, with the values that llama.cpp's reference gives.
interface BlockCodec {
  /// Reads a block.
  ///
  /// @param from byte where the block begins
  /// @param to element where its values go
  void decode(MemorySegment blocks, long from, float[] values, int to);

  /// Writes a block.
  ///
  /// @param from element where the block's values begin
  /// @param to byte where it goes
  void encode(float[] values, int from, MemorySegment blocks, long to);
}
