package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// 32 elements of five bits behind a scale: sixteen levels on either side of zero (Q5_0), or
/// thirty-two above a minimum (Q5_1). The fifth bits stand together in four bytes before the
/// halves.
enum FiveBitBlocks implements BlockCodec {
  Q5_0 {
    @Override
    public void decode(MemorySegment blocks, long from, float[] values, int to) {
      float scale = Bits.half(blocks, from);
      for (int i = 0; i < SIZE; i++) {
        values[to + i] = scale * (level(blocks, from + 2, i) - 16);
      }
    }

    @Override
    public void encode(float[] values, int from, MemorySegment blocks, long to) {
      float scale = Extremes.largest(values, from, SIZE) / -16;
      float inverse = scale == 0 ? 0 : 1 / scale;
      Bits.half(blocks, to, scale);
      levels(blocks, to + 2, i -> (int) (values[from + i] * inverse + 16.5f));
    }
  },
  Q5_1 {
    @Override
    public void decode(MemorySegment blocks, long from, float[] values, int to) {
      float scale = Bits.half(blocks, from);
      float minimum = Bits.half(blocks, from + 2);
      for (int i = 0; i < SIZE; i++) {
        values[to + i] = scale * level(blocks, from + 4, i) + minimum;
      }
    }

    @Override
    public void encode(float[] values, int from, MemorySegment blocks, long to) {
      float minimum = Extremes.minimum(values, from, SIZE);
      float scale = (Extremes.maximum(values, from, SIZE) - minimum) / 31;
      float inverse = scale == 0 ? 0 : 1 / scale;
      Bits.half(blocks, to, scale);
      Bits.half(blocks, to + 2, minimum);
      levels(blocks, to + 4, i -> (int) ((values[from + i] - minimum) * inverse + 0.5f));
    }
  };

  private static final int SIZE = 32;

  /// Gives the level of an element.
  private interface Level {
    int of(int element);
  }

  private static int level(MemorySegment blocks, long at, int element) {
    int pair = Bits.unsigned(blocks, at + 4 + element % (SIZE / 2));
    int low = element < SIZE / 2 ? pair & 15 : pair >> 4;
    return low | (blocks.get(Bits.INT, at) >>> element & 1) << 4;
  }

  private static void levels(MemorySegment blocks, long at, Level level) {
    int fifths = 0;
    for (int i = 0; i < SIZE / 2; i++) {
      int low = Math.clamp(level.of(i), 0, 31);
      int high = Math.clamp(level.of(i + SIZE / 2), 0, 31);
      Bits.set(blocks, at + 4 + i, (low & 15) | (high & 15) << 4);
      fifths |= low >> 4 << i | high >> 4 << (i + SIZE / 2);
    }
    blocks.set(Bits.INT, at, fifths);
  }
}
