package dev.jlava.weights.gguf;

import java.lang.foreign.MemorySegment;

/// Single elements in a floating-point format.
enum FloatBlocks implements BlockCodec {
  F32 {
    @Override
    public void decode(MemorySegment blocks, long from, float[] values, int to) {
      values[to] = blocks.get(Bits.FLOAT, from);
    }

    @Override
    public void encode(float[] values, int from, MemorySegment blocks, long to) {
      blocks.set(Bits.FLOAT, to, values[from]);
    }
  },
  F16 {
    @Override
    public void decode(MemorySegment blocks, long from, float[] values, int to) {
      values[to] = Bits.half(blocks, from);
    }

    @Override
    public void encode(float[] values, int from, MemorySegment blocks, long to) {
      Bits.half(blocks, to, values[from]);
    }
  },
  BF16 {
    @Override
    public void decode(MemorySegment blocks, long from, float[] values, int to) {
      values[to] = Float.intBitsToFloat(blocks.get(Bits.SHORT, from) << Short.SIZE);
    }

    // Rounds to the nearest, ties to even; NaN stays one.
    @Override
    public void encode(float[] values, int from, MemorySegment blocks, long to) {
      int bits = Float.floatToRawIntBits(values[from]);
      int rounded =
          Float.isNaN(values[from]) ? bits | 1 << 22 : bits + 0x7FFF + (bits >>> Short.SIZE & 1);
      blocks.set(Bits.SHORT, to, (short) (rounded >>> Short.SIZE));
    }
  }
}
