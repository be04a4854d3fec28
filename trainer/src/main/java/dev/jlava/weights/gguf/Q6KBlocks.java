package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// Q6_K: 256 elements in sixteen groups of 16, six bits each; a group's scale is a signed byte
/// times the scale of the block. Encoding is llama.cpp's reference without an importance matrix
/// ([GroupFit]).
final class Q6KBlocks implements BlockCodec {
  private static final int SIZE = 256;
  private static final int GROUP = 16;
  private static final long HIGH = 128;
  private static final long SCALES = HIGH + 64;
  private static final long SCALE = SCALES + 16;

  @Override
  public void decode(MemorySegment blocks, long from, float[] values, int to) {
    float scale = Bits.half(blocks, from + SCALE);
    for (int i = 0; i < SIZE; i++) {
      int low = Bits.unsigned(blocks, from + low(i)) >> lowShift(i) & 15;
      int high = Bits.unsigned(blocks, from + HIGH + high(i)) >> highShift(i) & 3;
      float step = scale * Bits.signed(blocks, from + SCALES + i / GROUP);
      values[to + i] = step * ((low | high << 4) - 32);
    }
  }

  /// Each half of 128 elements has 64 bytes of low bits: elements 0 to 63 below, 64 to 127 above.
  private static int low(int element) {
    return element / 128 * 64 + element % 64;
  }

  private static int lowShift(int element) {
    return element % 128 / 64 * 4;
  }

  /// Each half of 128 elements has 32 bytes of high bits, two for each quarter.
  private static int high(int element) {
    return element / 128 * 32 + element % 32;
  }

  private static int highShift(int element) {
    return element % 128 / 32 * 2;
  }

  @Override
  public void encode(float[] values, int from, MemorySegment blocks, long to) {
    blocks.asSlice(to, SCALE + 2).fill((byte) 0);
    float[] scales = new float[SIZE / GROUP];
    for (int g = 0; g < scales.length; g++) {
      scales[g] = GroupFit.scale(values, from + g * GROUP, GROUP, 32);
    }
    float largest = Extremes.largest(scales, 0, scales.length);
    if (Math.abs(largest) < GroupFit.NOTHING) {
      return;
    }
    float inverse = -128 / largest;
    Bits.half(blocks, to + SCALE, 1 / inverse);
    float scale = Bits.half(blocks, to + SCALE);
    for (int g = 0; g < scales.length; g++) {
      int share = Bits.nearest(inverse * scales[g], -128, 127);
      Bits.set(blocks, to + SCALES + g, share);
      for (int i = g * GROUP; i < (g + 1) * GROUP; i++) {
        level(blocks, to, i, scale * share, values[from + i]);
      }
    }
  }

  private static void level(MemorySegment blocks, long to, int element, float step, float value) {
    int level = step == 0 ? 0 : Bits.nearest(value / step, -32, 31) + 32;
    long low = to + low(element);
    Bits.set(blocks, low, Bits.unsigned(blocks, low) | (level & 15) << lowShift(element));
    long high = to + HIGH + high(element);
    Bits.set(blocks, high, Bits.unsigned(blocks, high) | level >> 4 << highShift(element));
  }
}
