package dev.jlava.adapter;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Tensor;

/// A weight [out, in] that is not there whole: its values come piece by piece.
///
/// @param name full name, part first
public record WeightPieces(String name, long[] shape, Source source) {
  /// Rows of a piece come in this many: then pieces end where blocks and bytes of codes do.
  public static final int ROWS = 128;

  /// Gives the pieces in their order.
  public interface Source {
    void forEach(Sink sink);
  }

  /// Takes a piece.
  public interface Sink {
    /// Takes the next rows.
    ///
    /// @param ops whose scope ends with the piece
    /// @param rows [r, in] in any floating-point dtype; r is a multiple of [#ROWS], but for the
    ///   last
    void accept(Ops ops, Tensor rows);
  }
}
