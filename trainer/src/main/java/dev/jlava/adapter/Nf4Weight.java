package dev.jlava.adapter;

import dev.jlava.engine.Ops;
import dev.jlava.engine.QuantisationOps;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// A weight in 4-bit NormalFloat (Dettmers et al. 2023, QLoRA) in bitsandbytes' layout: blocks
/// along the flattened weight, each with a scale, two levels a byte.
///
/// @param packed [⌈n/2⌉] U8, the first level of a byte in its high half
/// @param blockSize elements that share a scale
public record Nf4Weight(
    String name, long[] shape, Tensor packed, Scales scales, int blockSize, Nf4Codec codec)
    implements QuantisedWeight {

  public Nf4Weight {
    codec.workspace().reserve(shape[0] * shape[1]);
  }

  /// The scale of each block.
  public sealed interface Scales {
    /// In fp32.
    record Plain(Tensor absmax) implements Scales {}

    /// In 8 bits: the distance from the mean of all, in blocks with a scale of their own.
    ///
    /// @param codes [blocks] U8
    /// @param absmax fp32 scales of the second level
    /// @param blockSize scales that share one
    /// @param code [256] fp32 values of the codes
    /// @param mean [1] fp32
    record Nested(Tensor codes, Tensor absmax, int blockSize, Tensor code, Tensor mean)
        implements Scales {}
  }

  @Override
  public Workspace workspace() {
    return codec.workspace();
  }

  @Override
  public long bytes() {
    return tensors().values().stream()
        .mapToLong(tensor -> tensor.numElements() * tensor.type().bytes())
        .sum();
  }

  @Override
  public Map<String, Tensor> tensors() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    all.put("", packed);
    switch (scales) {
      case Scales.Plain(Tensor absmax) -> all.put("absmax", absmax);
      case Scales.Nested(Tensor codes, Tensor absmax, int _, Tensor code, Tensor _) -> {
        all.put("absmax", codes);
        all.put("nested_absmax", absmax);
        all.put("nested_quant_map", code);
      }
    }
    all.put("quant_map", codec.levelsTensor());
    return all;
  }

  @Override
  public <T> T read(Ops ops, Function<Tensor, T> function) {
    return codec
        .workspace()
        .hold(
            ops,
            shape,
            target -> {
              try (Scope temporary = new Scope()) {
                QuantisationOps quantisation = new QuantisationOps(ops.in(temporary));
                Tensor absmax = absmax(quantisation);
                quantisation.fromNf4(packed, absmax, blockSize, codec.pairs(), target);
              }
            },
            function);
  }

  private Tensor absmax(QuantisationOps ops) {
    return switch (scales) {
      case Scales.Plain(Tensor absmax) -> absmax;
      case Scales.Nested(Tensor codes, Tensor absmax, int block, Tensor code, Tensor mean) ->
          ops.fromAbsmax(codes, absmax, block, code, mean);
    };
  }
}
