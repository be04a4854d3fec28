package dev.jlava.adapter;

import dev.jlava.engine.DynamicMap;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.QuantisationOps;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.List;

/// The tables of NF4 and of the scales' second level, as tensors of a model, and quantisation by
/// them. The numbers are bitsandbytes' (0.50, `create_dynamic_map` and `quantize_4bit` on the CPU).
public final class Nf4Codec {
  /// Elements that share a scale.
  public static final int BLOCK = 64;

  /// Scales that share one of the second level.
  public static final int NESTED_BLOCK = 256;

  /// The 16 levels: quantiles of the normal distribution.
  private static final float[] LEVELS = {
    -1,
    -0.6961928f,
    -0.52507305f,
    -0.3949175f,
    -0.28444138f,
    -0.18477343f,
    -0.091050036f,
    0,
    0.0795803f,
    0.1609302f,
    0.2461123f,
    0.33791524f,
    0.44070983f,
    0.562617f,
    0.72295684f,
    1
  };

  private final Engine engine;
  private final Workspace workspace;
  private final Slabs slabs;
  private final Tensor levels;
  private final Tensor bounds;
  private final Tensor pairs;
  private final Tensor dynamicCode;
  private final Tensor dynamicTable;

  /// @param scope the model's
  /// @param slabs memory of what is quantised
  public Nf4Codec(Engine engine, Scope scope, Workspace workspace, Slabs slabs) {
    this.engine = engine;
    this.workspace = workspace;
    this.slabs = slabs;
    this.levels = engine.tensor(scope, LEVELS, LEVELS.length);
    this.bounds = engine.tensor(scope, middles(LEVELS), LEVELS.length - 1);
    this.pairs = engine.tensor(scope, pairValues(), 256, 2);
    this.dynamicCode = engine.tensor(scope, DynamicMap.levels(true), 256);
    byte[] table = NearestLevels.table();
    this.dynamicTable = engine.bytes(scope, table);
  }

  private static float[] middles(float[] levels) {
    float[] middles = new float[levels.length - 1];
    for (int i = 0; i < middles.length; i++) {
      middles[i] = (levels[i] + levels[i + 1]) / 2;
    }
    return middles;
  }

  /// The two values of each byte, side by side.
  private static float[] pairValues() {
    float[] pairs = new float[512];
    for (int b = 0; b < 256; b++) {
      pairs[2 * b] = LEVELS[b >> 4];
      pairs[2 * b + 1] = LEVELS[b & 15];
    }
    return pairs;
  }

  /// The 16 levels.
  public static float[] levels() {
    return LEVELS.clone();
  }

  Workspace workspace() {
    return workspace;
  }

  Tensor levelsTensor() {
    return levels;
  }

  Tensor pairs() {
    return pairs;
  }

  /// Quantises a weight.
  ///
  /// @param nested whether its scales are quantised too (double quantisation)
  public Nf4Weight quantise(WeightPieces weight, boolean nested) {
    long elements = weight.shape()[0] * weight.shape()[1];
    Tensor packed = slabs.empty(ScalarType.U8, (elements + 1) / 2);
    long blocks = (elements + BLOCK - 1) / BLOCK;
    try (Scope temporary = new Scope()) {
      Ops ops = engine.ops(temporary);
      Tensor absmax =
          nested ? ops.empty(ScalarType.F32, blocks) : slabs.empty(ScalarType.F32, blocks);
      weight.source().forEach(new Writer(packed, absmax));
      Nf4Weight.Scales scales = nested ? nested(ops, absmax) : new Nf4Weight.Scales.Plain(absmax);
      return new Nf4Weight(weight.name(), weight.shape(), packed, scales, BLOCK, this);
    }
  }

  private Nf4Weight.Scales nested(Ops ops, Tensor absmax) {
    List<Tensor> parts = new QuantisationOps(ops).absmax(absmax, NESTED_BLOCK, dynamicTable);
    return new Nf4Weight.Scales.Nested(
        slabs.copy(ops, parts.get(0)),
        slabs.copy(ops, parts.get(1)),
        NESTED_BLOCK,
        dynamicCode,
        slabs.copy(ops, parts.get(2)));
  }

  /// Quantises pieces into their places.
  private final class Writer implements WeightPieces.Sink {
    private final Tensor packed;
    private final Tensor absmax;
    private long done;

    Writer(Tensor packed, Tensor absmax) {
      this.packed = packed;
      this.absmax = absmax;
    }

    @Override
    public void accept(Ops ops, Tensor piece) {
      long size = piece.numElements();
      long blocks = (size + BLOCK - 1) / BLOCK;
      new QuantisationOps(ops)
          .nf4(
              ops.view(piece, size),
              BLOCK,
              bounds,
              ops.narrow(packed, 0, done / 2, (size + 1) / 2),
              ops.narrow(absmax, 0, done / BLOCK, blocks));
      done += size;
    }
  }
}
