package dev.jlava.weights.gguf;

import java.util.Arrays;
import java.util.Optional;

/// How a tensor's elements are stored (`ggml_type`): in blocks of a fixed number of elements along
/// a row, each block of a fixed number of bytes.
public enum GgmlType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  BF16(30, 1, 2);

  private final int id;
  private final int blockSize;
  private final int blockBytes;

  GgmlType(int id, int blockSize, int blockBytes) {
    this.id = id;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  static Optional<GgmlType> of(int id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }

  int id() {
    return id;
  }

  /// Elements of one block.
  public int blockSize() {
    return blockSize;
  }

  /// Bytes of one block.
  public int blockBytes() {
    return blockBytes;
  }

  /// Bytes of that many elements, a whole number of blocks.
  public long bytes(long elements) {
    return elements / blockSize * blockBytes;
  }

  BlockCodec codec() {
    return switch (this) {
      case F32 -> FloatBlocks.F32;
      case F16 -> FloatBlocks.F16;
      case BF16 -> FloatBlocks.BF16;
      case Q4_0 -> SmallBlocks.Q4_0;
      case Q4_1 -> SmallBlocks.Q4_1;
      case Q5_0 -> SmallBlocks.Q5_0;
      case Q5_1 -> SmallBlocks.Q5_1;
      case Q8_0 -> new Q8Blocks();
      case Q4_K -> LineBlocks.Q4_K;
      case Q5_K -> LineBlocks.Q5_K;
      case Q6_K -> new Q6KBlocks();
    };
  }
}
