package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// Q4_K: 256 elements in eight groups of 32, four bits each; a group's scale and minimum have six
/// bits and share a scale of the block. Encoding is llama.cpp's reference without an importance
/// matrix ([GroupFit]).
final class Q4KBlocks implements BlockCodec {
  private static final int GROUPS = 8;
  private static final int GROUP = 32;
  private static final long SCALES = 4;
  private static final long LEVELS = SCALES + 12;

  @Override
  public void decode(MemorySegment blocks, long from, float[] values, int to) {
    float scale = Bits.half(blocks, from);
    float minimum = Bits.half(blocks, from + 2);
    for (int g = 0; g < GROUPS; g++) {
      float step = scale * sixBits(blocks, from + SCALES, g, false);
      float lowest = minimum * sixBits(blocks, from + SCALES, g, true);
      for (int i = 0; i < GROUP; i++) {
        int pair = Bits.unsigned(blocks, from + LEVELS + pair(g) + i);
        int level = g % 2 == 0 ? pair & 15 : pair >> 4;
        values[to + g * GROUP + i] = step * level - lowest;
      }
    }
  }

  /// Two groups share bytes: the even one has the low halves.
  private static long pair(int group) {
    return (long) (group / 2) * GROUP;
  }

  /// The scales of groups 0 to 3 have the low six bits of bytes 0 to 3, their minima those of bytes
  /// 4 to 7; of groups 4 to 7 the low four bits are the halves of bytes 8 to 11, the high two above
  /// the six.
  private static int sixBits(MemorySegment blocks, long at, int group, boolean minimum) {
    long own = at + group % 4 + (minimum ? 4 : 0);
    if (group < 4) {
      return Bits.unsigned(blocks, own) & 63;
    }
    int halves = Bits.unsigned(blocks, at + 4 + group);
    return (minimum ? halves >> 4 : halves & 15) | (Bits.unsigned(blocks, own) >> 6 << 4);
  }

  private static void sixBits(MemorySegment blocks, long at, int[] scales, int[] minima) {
    for (int g = 0; g < 4; g++) {
      Bits.set(blocks, at + g, scales[g] | (scales[g + 4] >> 4 << 6));
      Bits.set(blocks, at + 4 + g, minima[g] | (minima[g + 4] >> 4 << 6));
      Bits.set(blocks, at + 8 + g, (scales[g + 4] & 15) | ((minima[g + 4] & 15) << 4));
    }
  }

  @Override
  public void encode(float[] values, int from, MemorySegment blocks, long to) {
    GroupFit.Line[] lines = new GroupFit.Line[GROUPS];
    float largestScale = 0;
    float largestMinimum = 0;
    for (int g = 0; g < GROUPS; g++) {
      lines[g] = GroupFit.line(values, from + g * GROUP, GROUP, 15);
      largestScale = Math.max(largestScale, lines[g].scale());
      largestMinimum = Math.max(largestMinimum, lines[g].depth());
    }
    int[] scales = new int[GROUPS];
    int[] minima = new int[GROUPS];
    for (int g = 0; g < GROUPS; g++) {
      scales[g] = share(lines[g].scale(), largestScale);
      minima[g] = share(lines[g].depth(), largestMinimum);
    }
    Bits.half(blocks, to, largestScale / 63);
    Bits.half(blocks, to + 2, largestMinimum / 63);
    sixBits(blocks, to + SCALES, scales, minima);
    levels(values, from, blocks, to, scales, minima);
  }

  private static int share(float part, float largest) {
    return largest > 0 ? Bits.nearest(63 / largest * part, 0, 63) : 0;
  }

  /// The levels that are nearest under the scales as they are stored.
  private static void levels(
      float[] values, int from, MemorySegment blocks, long to, int[] scales, int[] minima) {
    float scale = Bits.half(blocks, to);
    float minimum = Bits.half(blocks, to + 2);
    for (int g = 0; g < GROUPS; g++) {
      float step = scale * scales[g];
      float lowest = minimum * minima[g];
      for (int i = 0; i < GROUP; i++) {
        float value = values[from + g * GROUP + i];
        int level = step == 0 ? 0 : Bits.nearest((value + lowest) / step, 0, 15);
        long at = to + LEVELS + pair(g) + i;
        Bits.set(blocks, at, g % 2 == 0 ? level : Bits.unsigned(blocks, at) | level << 4);
      }
    }
  }
}
