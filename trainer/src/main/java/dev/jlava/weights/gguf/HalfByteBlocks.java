package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// 32 elements of four bits behind a scale: eight levels on either side of zero (Q4_0), or sixteen
/// above a minimum (Q4_1). The low halves of the bytes hold the first sixteen elements.
enum HalfByteBlocks implements BlockCodec {
  Q4_0 {
    @Override
    public void decode(MemorySegment blocks, long from, float[] values, int to) {
      float scale = Bits.half(blocks, from);
      for (int i = 0; i < SIZE; i++) {
        values[to + i] = scale * (level(blocks, from + 2, i) - 8);
      }
    }

    @Override
    public void encode(float[] values, int from, MemorySegment blocks, long to) {
      float scale = Extremes.largest(values, from, SIZE) / -8;
      float inverse = scale == 0 ? 0 : 1 / scale;
      Bits.half(blocks, to, scale);
      levels(blocks, to + 2, i -> (int) (values[from + i] * inverse + 8.5f));
    }
  },
  Q4_1 {
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
      float scale = (Extremes.maximum(values, from, SIZE) - minimum) / 15;
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
    int pair = Bits.unsigned(blocks, at + element % (SIZE / 2));
    return element < SIZE / 2 ? pair & 15 : pair >> 4;
  }

  private static void levels(MemorySegment blocks, long at, Level level) {
    for (int i = 0; i < SIZE / 2; i++) {
      int low = Math.clamp(level.of(i), 0, 15);
      int high = Math.clamp(level.of(i + SIZE / 2), 0, 15);
      Bits.set(blocks, at + i, low | high << 4);
    }
  }
}
