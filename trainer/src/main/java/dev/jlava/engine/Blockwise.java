package dev.jlava.engine;

/// A tensor in 8 bits an element (Dettmers et al. 2022, section 2): each is a code of one of 256
/// levels, times the largest magnitude of its block of 256 elements.
///
/// @param codes U8 in the shape of the tensor
/// @param scales fp32, one a block
/// @param map the levels
public record Blockwise(Tensor codes, Tensor scales, DynamicMap map) {
  private static final int BLOCK = 256;

  /// Zeros in the shape of x.
  public static Blockwise zerosLike(Ops ops, Tensor x, DynamicMap map) {
    Tensor codes = ops.zerosLike(x, ScalarType.U8);
    float[] scales = new float[Math.toIntExact(scales(x.numElements()))];
    return new Blockwise(codes, ops.engine().tensor(ops.scope(), scales, scales.length), map);
  }

  /// The same in the host's memory.
  public static Blockwise hostZeros(Ops ops, long[] shape, DynamicMap map) {
    Tensor codes = ops.hostZeros(ScalarType.U8, shape);
    return new Blockwise(codes, ops.hostZeros(ScalarType.F32, scales(codes.numElements())), map);
  }

  /// A copy on the engine's device, with the same map.
  public Blockwise onDevice(Ops ops) {
    return new Blockwise(ops.toDevice(codes), ops.toDevice(scales), map);
  }

  /// The number of scales for a number of elements.
  public static long scales(long elements) {
    return (elements + BLOCK - 1) / BLOCK;
  }

  /// A copy of the elements.
  public float[] floats() {
    float[] scales = this.scales.floats();
    float[] levels = map.levels().floats();
    byte[] bytes = codes.unsignedBytes();
    float[] all = new float[bytes.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = levels[Byte.toUnsignedInt(bytes[i])] * scales[i / BLOCK];
    }
    return all;
  }
}
