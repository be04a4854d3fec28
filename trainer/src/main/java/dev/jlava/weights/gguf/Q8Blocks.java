package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// Q8_0: 32 signed bytes behind a scale.
final class Q8Blocks implements BlockCodec {
  private static final int SIZE = 32;

  @Override
  public void decode(MemorySegment blocks, long from, float[] values, int to) {
    float scale = Bits.half(blocks, from);
    for (int i = 0; i < SIZE; i++) {
      values[to + i] = Bits.signed(blocks, from + 2 + i) * scale;
    }
  }

  @Override
  public void encode(float[] values, int from, MemorySegment blocks, long to) {
    float scale = Math.abs(Extremes.largest(values, from, SIZE)) / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    Bits.half(blocks, to, scale);
    for (int i = 0; i < SIZE; i++) {
      Bits.set(blocks, to + 2 + i, rounded(values[from + i] * inverse));
    }
  }

  /// C's `roundf`: ties away from zero.
  private static int rounded(float value) {
    int whole = (int) (Math.abs(value) + 0.5);
    return value < 0 ? -whole : whole;
  }
}
