package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// 32 elements of four or five bits behind a scale: half of the levels on either side of zero
/// (Q4_0, Q5_0), or all above a minimum (Q4_1, Q5_1). The fifth bits stand together in four bytes;
/// behind them are bytes of two low halves, of which the low ones hold the first sixteen elements.
///
/// @param bits of an element
/// @param lowest whether there is a minimum
record SmallBlocks(int bits, boolean lowest) implements BlockCodec {
  static final SmallBlocks Q4_0 = new SmallBlocks(4, false);
  static final SmallBlocks Q4_1 = new SmallBlocks(4, true);
  static final SmallBlocks Q5_0 = new SmallBlocks(5, false);
  static final SmallBlocks Q5_1 = new SmallBlocks(5, true);

  private static final int SIZE = 32;

  private int middle() {
    return 1 << (bits - 1);
  }

  private int most() {
    return (1 << bits) - 1;
  }

  private int head() {
    return lowest ? 4 : 2;
  }

  @Override
  public void decode(MemorySegment blocks, long from, float[] values, int to) {
    float scale = Bits.half(blocks, from);
    float minimum = lowest ? Bits.half(blocks, from + 2) : 0;
    long at = from + head();
    int fifths = bits == 5 ? blocks.get(Bits.INT, at) : 0;
    long halves = at + (bits == 5 ? Integer.BYTES : 0);
    for (int i = 0; i < SIZE; i++) {
      int pair = Bits.unsigned(blocks, halves + i % (SIZE / 2));
      int level = (i < SIZE / 2 ? pair & 15 : pair >> 4) | (fifths >>> i & 1) << 4;
      values[to + i] = lowest ? scale * level + minimum : scale * (level - middle());
    }
  }

  @Override
  public void encode(float[] values, int from, MemorySegment blocks, long to) {
    float minimum = lowest ? Extremes.minimum(values, from, SIZE) : 0;
    float scale =
        lowest
            ? (Extremes.maximum(values, from, SIZE) - minimum) / most()
            : Extremes.largest(values, from, SIZE) / -middle();
    float inverse = scale == 0 ? 0 : 1 / scale;
    float zero = lowest ? 0.5f : middle() + 0.5f;
    long at = to + head();
    long halves = at + (bits == 5 ? Integer.BYTES : 0);
    int fifths = 0;
    for (int i = 0; i < SIZE / 2; i++) {
      int low = level((values[from + i] - minimum) * inverse + zero);
      int high = level((values[from + i + SIZE / 2] - minimum) * inverse + zero);
      Bits.set(blocks, halves + i, (low & 15) | (high & 15) << 4);
      fifths |= low >> 4 << i | high >> 4 << (i + SIZE / 2);
    }
    Bits.half(blocks, to, scale);
    if (lowest) {
      Bits.half(blocks, to + 2, minimum);
    }
    if (bits == 5) {
      blocks.set(Bits.INT, at, fifths);
    }
  }

  private int level(float place) {
    return Math.clamp((int) place, 0, most());
  }
}
