package dev.jlava.weights.gguf;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The type of a decoder's file (`llama_ftype`), and with it that of each tensor, as llama.cpp's
/// converter and its quantiser choose them without an importance matrix. Norms and biases are fp32.
public enum GgufFileType {
  FP32(0, GgmlType.F32),
  FP16(1, GgmlType.F16),
  BF16(32, GgmlType.BF16),
  Q8_0(7, GgmlType.Q8_0),
  /// Q4_0 with a head of Q6_K.
  Q4_0(2, GgmlType.Q4_0),
  /// The mix Q4_K_M: Q6_K for the head, and for some layers' values and last projections.
  Q4_K(15, GgmlType.Q4_K),
  /// The mix Q5_K_M, as Q4_K_M with five bits in place of four.
  Q5_K(17, GgmlType.Q5_K);

  private static final Pattern MORE_BITS =
      Pattern.compile("blk\\.(\\d+)\\.(?:attn_v|ffn_down)\\.weight");

  private final int id;
  private final GgmlType type;

  GgufFileType(int id, GgmlType type) {
    this.id = id;
    this.type = type;
  }

  /// Names as `--dtype` takes them.
  public static List<String> names() {
    return Arrays.stream(values()).map(t -> t.name().toLowerCase(Locale.ROOT)).toList();
  }

  /// The type of that name.
  public static Optional<GgufFileType> named(String name) {
    return Arrays.stream(values())
        .filter(t -> t.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }

  int id() {
    return id;
  }

  /// The type of a decoder's tensor.
  ///
  /// @param head name of the tensor that the logits are computed with
  GgmlType ofDecoder(String name, long[] shape, String head, int layers) {
    if (shape.length < 2 || name.endsWith("_norm.weight")) {
      return GgmlType.F32;
    }
    return fitting(wanted(name, head, layers), shape[shape.length - 1]);
  }

  private GgmlType wanted(String name, String head, int layers) {
    boolean mix = this == Q4_K || this == Q5_K;
    if ((mix || this == Q4_0) && name.equals(head)) {
      return GgmlType.Q6_K;
    }
    Matcher layer = MORE_BITS.matcher(name);
    boolean more = layer.matches() && getsMoreBits(Integer.parseInt(layer.group(1)), layers);
    return mix && more ? GgmlType.Q6_K : type;
  }

  /// The first and last eighth of the layers, and every third between.
  private static boolean getsMoreBits(int layer, int layers) {
    return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
  }

  /// The next type where a row is no whole number of blocks.
  private static GgmlType fitting(GgmlType wanted, long row) {
    if (row % wanted.blockSize() == 0) {
      return wanted;
    }
    return switch (wanted) {
      case Q4_K -> fitting(GgmlType.Q5_0, row);
      case Q5_K -> fitting(GgmlType.Q5_1, row);
      case Q6_K -> fitting(GgmlType.Q8_0, row);
      case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 -> GgmlType.F16;
    };
  }

  /// The type of a tensor of an mmproj file, which llama.cpp's converter for LLaVA writes in fp16
  /// or fp32.
  GgmlType ofMmproj(String name, long[] shape) {
    boolean matrix = shape.length >= 2 && name.endsWith(".weight");
    return this != FP32 && matrix ? GgmlType.F16 : GgmlType.F32;
  }

  /// The type of an mmproj file beside a decoder of this type.
  public GgufFileType ofMmproj() {
    return this == FP32 ? FP32 : FP16;
  }
}
