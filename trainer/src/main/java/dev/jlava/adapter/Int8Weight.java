package dev.jlava.adapter;

import dev.jlava.engine.Ops;
import dev.jlava.engine.QuantisationOps;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// A weight in 8-bit integers, each row scaled by its largest magnitude: the layout and numbers of
/// bitsandbytes' LLM.int8() (Dettmers et al. 2022). Products are those of the dequantised weight:
/// activations are not quantised.
///
/// @param codes [out, in] I8
/// @param absmax [out] fp32: what 127 stands for in each row
public record Int8Weight(
    String name, long[] shape, Tensor codes, Tensor absmax, Workspace workspace)
    implements QuantisedWeight {

  public Int8Weight {
    workspace.reserve(shape[0] * shape[1]);
  }

  /// Quantises a weight.
  ///
  /// @param slabs memory of what is quantised
  public static Int8Weight quantise(WeightPieces weight, Workspace workspace, Slabs slabs) {
    Tensor codes = slabs.empty(ScalarType.I8, weight.shape());
    Tensor absmax = slabs.empty(ScalarType.F32, weight.shape()[0]);
    long[] done = {0};
    weight
        .source()
        .forEach((ops, rows) -> {
          long count = rows.size(0);
          new QuantisationOps(ops)
              .int8(
                  rows,
                  ops.narrow(codes, 0, done[0], count),
                  ops.narrow(absmax, 0, done[0], count));
          done[0] += count;
        });
    return new Int8Weight(weight.name(), weight.shape(), codes, absmax, workspace);
  }

  @Override
  public long bytes() {
    return codes.numElements() + absmax.numElements() * ScalarType.F32.bytes();
  }

  @Override
  public Map<String, Tensor> tensors() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    all.put("", codes);
    all.put("SCB", absmax);
    return all;
  }

  @Override
  public <T> T read(Ops ops, Function<Tensor, T> function) {
    return workspace.hold(
        ops, shape, target -> new QuantisationOps(ops).fromInt8(codes, absmax, target), function);
  }
}
