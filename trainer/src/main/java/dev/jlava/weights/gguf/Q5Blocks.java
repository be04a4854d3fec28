package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// Q5_0: 32 elements of five bits behind a scale, sixteen levels on either side of zero; the fifth
/// bits stand together in four bytes before the halves.
final class Q5Blocks implements BlockCodec {
  private static final int HALF = 16;

  @Override
  public void decode(MemorySegment blocks, long from, float[] values, int to) {
    float scale = Bits.half(blocks, from);
    int fifth = blocks.get(Bits.INT, from + 2);
    for (int i = 0; i < HALF; i++) {
      int pair = Bits.unsigned(blocks, from + 6 + i);
      values[to + i] = scale * ((pair & 15) + fifth(fifth, i) - 16);
      values[to + HALF + i] = scale * ((pair >> 4) + fifth(fifth, HALF + i) - 16);
    }
  }

  @Override
  public void encode(float[] values, int from, MemorySegment blocks, long to) {
    float scale = Extremes.largest(values, from, 2 * HALF) / -16;
    float inverse = scale == 0 ? 0 : 1 / scale;
    int fifth = 0;
    for (int i = 0; i < HALF; i++) {
      int low = level(values[from + i], inverse);
      int high = level(values[from + HALF + i], inverse);
      Bits.set(blocks, to + 6 + i, (low & 15) | ((high & 15) << 4));
      fifth |= (low >> 4 << i) | (high >> 4 << (HALF + i));
    }
    Bits.half(blocks, to, scale);
    blocks.set(Bits.INT, to + 2, fifth);
  }

  private static int fifth(int bits, int element) {
    return (bits >>> element & 1) << 4;
  }

  private static int level(float value, float inverse) {
    return Math.clamp((int) (value * inverse + 16.5f), 0, 31);
  }
}
