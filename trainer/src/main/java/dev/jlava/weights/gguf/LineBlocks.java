package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// 256 elements in eight groups of 32, four bits each (Q4_K) or five (Q5_K); a group's scale and
/// minimum have six bits and share a scale of the block. The fifth bits stand together before the
/// halves. Encoding is llama.cpp's reference without an importance matrix ([GroupFit]).
///
/// @param most the highest level
/// @param fifths bytes of fifth bits
record LineBlocks(int most, long fifths, GroupFit.Search search) implements BlockCodec {
  static final LineBlocks Q4_K = new LineBlocks(15, 0, new GroupFit.Search(-1f, 20));
  static final LineBlocks Q5_K = new LineBlocks(31, 32, new GroupFit.Search(-0.5f, 15));

  private static final int GROUPS = 8;
  private static final int GROUP = 32;
  private static final long SCALES = 4;
  private static final long FIFTHS = SCALES + 12;

  @Override
  public void decode(MemorySegment blocks, long from, float[] values, int to) {
    float scale = Bits.half(blocks, from);
    float minimum = Bits.half(blocks, from + 2);
    for (int g = 0; g < GROUPS; g++) {
      float step = scale * sixBits(blocks, from + SCALES, g, false);
      float lowest = minimum * sixBits(blocks, from + SCALES, g, true);
      for (int i = 0; i < GROUP; i++) {
        int pair = Bits.unsigned(blocks, half(from, g, i));
        int level = g % 2 == 0 ? pair & 15 : pair >> 4;
        if (fifths > 0) {
          level |= (Bits.unsigned(blocks, from + FIFTHS + i) >> g & 1) << 4;
        }
        values[to + g * GROUP + i] = step * level - lowest;
      }
    }
  }

  /// Where the low four bits of an element are. Two groups share bytes: the even one has the low
  /// halves.
  private long half(long block, int group, int element) {
    return block + FIFTHS + fifths + (long) (group / 2) * GROUP + element;
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
      lines[g] = GroupFit.line(values, from + g * GROUP, GROUP, most, search);
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
  private void levels(
      float[] values, int from, MemorySegment blocks, long to, int[] scales, int[] minima) {
    float scale = Bits.half(blocks, to);
    float minimum = Bits.half(blocks, to + 2);
    blocks.asSlice(to + FIFTHS, fifths).fill((byte) 0);
    for (int g = 0; g < GROUPS; g++) {
      float step = scale * scales[g];
      float lowest = minimum * minima[g];
      for (int i = 0; i < GROUP; i++) {
        float value = values[from + g * GROUP + i];
        int level = step == 0 ? 0 : Bits.nearest((value + lowest) / step, 0, most);
        long at = half(to, g, i);
        int low = level & 15;
        Bits.set(blocks, at, g % 2 == 0 ? low : Bits.unsigned(blocks, at) | low << 4);
        if (fifths > 0) {
          long fifth = to + FIFTHS + i;
          Bits.set(blocks, fifth, Bits.unsigned(blocks, fifth) | level >> 4 << g);
        }
      }
    }
  }
}
