package dev.jlava.engine;

import ai.djl.pytorch.jni.IValue;
import java.util.List;

/// The arithmetic of quantised weights, with bitsandbytes' numbers; in `ops.py`, a few hundred
/// thousand elements at a time.
public final class QuantisationOps {
  private final Ops ops;

  public QuantisationOps(Ops ops) {
    this.ops = ops;
  }

  /// Quantises elements [n] of any floating-point dtype to NF4.
  ///
  /// @param blockSize elements that share a scale
  /// @param bounds [15] in fp32: up to which value of element/scale each level goes
  /// @param packed [⌈n/2⌉] U8 to write: two levels a byte, the first in its high half
  /// @param absmax [⌈n/blockSize⌉] fp32 to write: the scales
  public void nf4(Tensor elements, int blockSize, Tensor bounds, Tensor packed, Tensor absmax) {
    ops.run(
            "nf4_quantise",
            Ops.of(elements),
            IValue.from((long) blockSize),
            Ops.of(bounds),
            Ops.of(packed),
            Ops.of(absmax))
        .close();
  }

  /// Writes the values of NF4 levels into `target`, rounded to a dtype that it holds.
  ///
  /// @param pairs [256, 2] fp32: the two values of each byte
  public void fromNf4(Tensor packed, Tensor absmax, int blockSize, Tensor pairs, Rounded target) {
    ops.run(
            "nf4_dequantise",
            Ops.of(packed),
            Ops.of(absmax),
            IValue.from((long) blockSize),
            Ops.of(pairs),
            Ops.of(target.tensor()),
            IValue.from((long) target.type().code()))
        .close();
  }

  /// Where dequantised values go.
  ///
  /// @param tensor the weight [out, in], of that dtype or a wider one
  /// @param type dtype that the values are rounded to
  public record Rounded(Tensor tensor, ScalarType type) {}

  /// Quantises scales [n] to 8 bits: their distance from the mean, in blocks.
  ///
  /// @param table [65536] U8: the code of a value from -1 to 1, by its place among so many
  /// @return codes [n] U8, the blocks' own scales, the mean [1]
  public List<Tensor> absmax(Tensor absmax, int blockSize, Tensor table) {
    return ops.tensors(
        "absmax_quantise", Ops.of(absmax), IValue.from((long) blockSize), Ops.of(table));
  }

  /// The scales again.
  ///
  /// @param code [256] fp32: the value of each code
  public Tensor fromAbsmax(Tensor codes, Tensor scales, int blockSize, Tensor code, Tensor mean) {
    return ops.tensor(
        "absmax_dequantise",
        Ops.of(codes),
        Ops.of(scales),
        IValue.from((long) blockSize),
        Ops.of(code),
        Ops.of(mean));
  }

  /// Quantises rows [r, in] to 8 bits, each by its largest magnitude.
  ///
  /// @param codes [r, in] I8 to write
  /// @param absmax [r] fp32 to write
  public void int8(Tensor rows, Tensor codes, Tensor absmax) {
    ops.run("int8_quantise", Ops.of(rows), Ops.of(codes), Ops.of(absmax)).close();
  }

  /// Writes the values of 8-bit rows into `target`.
  public void fromInt8(Tensor codes, Tensor absmax, Rounded target) {
    ops.run(
            "int8_dequantise",
            Ops.of(codes),
            Ops.of(absmax),
            Ops.of(target.tensor()),
            IValue.from((long) target.type().code()))
        .close();
  }
}
