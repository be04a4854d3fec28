package dev.jlava.adapter;

/// How the linear layers of a decoder are quantised while they are loaded.
public enum Quantisation {
  /// Not at all.
  NONE,
  /// 4-bit NormalFloat, its scales in fp32.
  NF4,
  /// 4-bit NormalFloat, its scales in 8 bits (double quantisation).
  NF4_DOUBLE,
  /// 8-bit integers by row.
  INT8;

  /// Bytes of a weight [out, in].
  ///
  /// @param elementBytes of an element that is not quantised
  public long bytes(long[] shape, int elementBytes) {
    long elements = shape[0] * shape[1];
    long blocks = (elements + Nf4Codec.BLOCK - 1) / Nf4Codec.BLOCK;
    long nested = (blocks + Nf4Codec.NESTED_BLOCK - 1) / Nf4Codec.NESTED_BLOCK;
    return switch (this) {
      case NONE -> elements * elementBytes;
      case NF4 -> (elements + 1) / 2 + blocks * Float.BYTES;
      case NF4_DOUBLE -> (elements + 1) / 2 + blocks + (nested + 1) * Float.BYTES;
      case INT8 -> elements + shape[0] * Float.BYTES;
    };
  }
}
