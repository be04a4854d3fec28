package dev.jlava.model;

import dev.jlava.adapter.Int8Weight;
import dev.jlava.adapter.Nf4Codec;
import dev.jlava.adapter.Nf4Weight;
import dev.jlava.adapter.Quantisation;
import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.adapter.Slabs;
import dev.jlava.adapter.WeightPieces;
import dev.jlava.adapter.Workspace;
import dev.jlava.engine.Engine;
import dev.jlava.engine.MappedPages;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.BitsAndBytes.Stored;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Makes the quantised weights of a model: from values that come piece by piece, so that a weight
/// is never there whole, or from files that hold them quantised.
final class QuantisedLoader {
  private final Engine engine;
  private final Scope scope;
  private final Workspace workspace;
  private final Slabs slabs;
  private final Nf4Codec codec;

  /// @param scope the model's
  /// @param type dtype that values are rounded to
  QuantisedLoader(Engine engine, Scope scope, ScalarType type) {
    this.engine = engine;
    this.scope = scope;
    this.workspace = new Workspace(engine, scope, type);
    this.slabs = new Slabs(engine, scope);
    this.codec = new Nf4Codec(engine, scope, workspace, slabs);
  }

  QuantisedWeight quantise(WeightPieces weight, Quantisation quantisation) {
    return switch (quantisation) {
      case NF4 -> codec.quantise(weight, false);
      case NF4_DOUBLE -> codec.quantise(weight, true);
      case INT8 -> Int8Weight.quantise(weight, workspace, slabs);
      case NONE -> throw new IllegalArgumentException(weight.name());
    };
  }

  /// A weight as a file holds it.
  QuantisedWeight stored(String name, Stored stored) {
    QuantisedWeight weight =
        switch (stored) {
          case Stored.Int8 int8 ->
              new Int8Weight(
                  name,
                  int8.shape(),
                  copied(scope, int8.codes(), Dtype.I8, int8.shape()),
                  fp32(int8.scale(), int8.shape()[0]),
                  workspace);
          case Stored.Nf4 nf4 -> nf4(name, nf4);
        };
    MappedPages.release(stored.codes().data());
    return weight;
  }

  private Nf4Weight nf4(String name, Stored.Nf4 stored) {
    TensorEntry map = stored.tensor("quant_map");
    try (Scope temporary = new Scope()) {
      float[] levels = copied(temporary, map, Dtype.F32, 16).floats();
      if (!Arrays.equals(levels, Nf4Codec.levels())) {
        throw wrong(map, "holds other levels than NF4's");
      }
    }
    // Any dtype may stand for the bytes (bnb_4bit_quant_storage).
    TensorEntry codes = stored.codes();
    Tensor packed = engine.copied(scope, codes.data(), ScalarType.U8, codes.bytes());
    return new Nf4Weight(name, stored.shape(), packed, scales(stored), stored.blockSize(), codec);
  }

  private Nf4Weight.Scales scales(Stored.Nf4 stored) {
    TensorEntry absmax = stored.tensor("absmax");
    long elements = stored.shape()[0] * stored.shape()[1];
    long blocks = (elements + stored.blockSize() - 1) / stored.blockSize();
    if (!stored.nested()) {
      return new Nf4Weight.Scales.Plain(fp32(absmax, blocks));
    }
    int block = stored.state().path("nested_blocksize").asInt();
    float mean = (float) stored.state().path("nested_offset").asDouble();
    return new Nf4Weight.Scales.Nested(
        copied(scope, absmax, Dtype.U8, blocks),
        fp32(stored.tensor("nested_absmax"), (blocks + block - 1) / block),
        block,
        fp32(stored.tensor("nested_quant_map"), 256),
        engine.tensor(scope, new float[] {mean}, 1));
  }

  private Tensor fp32(TensorEntry entry, long size) {
    return copied(scope, entry, Dtype.F32, size);
  }

  private Tensor copied(Scope owner, TensorEntry entry, Dtype stored, long... shape) {
    long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    if (entry.dtype() != stored || entry.bytes() != elements * stored.bytes()) {
      throw wrong(
          entry,
          "is "
              + entry.dtype()
              + Arrays.toString(entry.shape())
              + ", expected "
              + stored
              + Arrays.toString(shape));
    }
    return engine.copied(owner, entry.data(), ScalarType.valueOf(stored.name()), shape);
  }

  private static WeightsException wrong(TensorEntry entry, String what) {
    return new WeightsException(
        entry.file() + ": tensor '" + entry.name() + "' " + what + "; download or copy it again");
  }

  /// The values of a file's tensor in pieces of whole rows; pages that are read are given back.
  ///
  /// @param type dtype of the tensor in the file
  WeightPieces pieces(String name, TensorEntry entry, ScalarType type) {
    return new WeightPieces(
        name,
        entry.shape(),
        sink -> {
          long rows = entry.shape()[0];
          long row = entry.shape()[1] * type.bytes();
          long most = rowsOfPiece(entry.shape()[1]);
          try (TensorEntry.Open elements = entry.open()) {
            for (long at = 0; at < rows; at += most) {
              long count = Math.min(most, rows - at);
              MemorySegment bytes = elements.part(at * row, count * row);
              try (Scope temporary = new Scope()) {
                Ops ops = engine.ops(temporary);
                sink.accept(ops, engine.copied(temporary, bytes, type, count, entry.shape()[1]));
              }
              MappedPages.release(bytes);
            }
          }
        });
  }

  /// The values of a tensor in pieces of whole rows.
  WeightPieces pieces(String name, Tensor weight) {
    return new WeightPieces(
        name,
        weight.shape(),
        sink -> {
          long rows = weight.size(0);
          long most = rowsOfPiece(weight.size(1));
          for (long at = 0; at < rows; at += most) {
            try (Scope temporary = new Scope()) {
              Ops ops = engine.ops(temporary);
              sink.accept(ops, ops.narrow(weight, 0, at, Math.min(most, rows - at)));
            }
          }
        });
  }

  /// Rows of about a quarter of a million elements.
  static long rowsOfPiece(long in) {
    long groups = Math.max(1, (1L << 18) / (in * WeightPieces.ROWS));
    return groups * WeightPieces.ROWS;
  }
}
