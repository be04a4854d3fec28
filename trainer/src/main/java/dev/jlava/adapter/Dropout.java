package dev.jlava.adapter;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Segment.Weights;
import dev.jlava.engine.Tensor;
import java.util.OptionalLong;
import java.util.SplittableRandom;

/// Dropout of one layer. The mask is a function of the layer's seed and of the micro-batch's
/// number, never of what was drawn before: a segment that is run again drops the same elements, and
/// so does a resumed run.
///
/// @param p probability that an element is zeroed
public record Dropout(double p, long seed) {
  /// The dropout of a layer by its name, in a run with a seed.
  public static Dropout of(double p, long seed, String layer) {
    return new Dropout(p, layer.chars().asLongStream().reduce(seed, Dropout::mix));
  }

  private static long mix(long seed, long value) {
    return new SplittableRandom(new SplittableRandom(seed).nextLong() ^ value).nextLong();
  }

  /// x with elements dropped in training; x itself elsewhere.
  Tensor apply(Ops ops, Weights weights, Tensor x) {
    OptionalLong microBatch = weights.microBatch();
    return p > 0 && microBatch.isPresent()
        ? ops.dropout(x, p, mix(seed, microBatch.getAsLong()))
        : x;
  }
}
