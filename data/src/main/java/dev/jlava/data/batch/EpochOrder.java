package dev.jlava.data.batch;

import java.util.Arrays;

/// The order of one epoch: every sample once, cut into optimizer steps. A step never crosses into
/// the next epoch, so the last one may be smaller.
///
/// @param samples sample indices in order
/// @param stepSize samples of a step, over all processes
public record EpochOrder(int[] samples, int stepSize) {
  public EpochOrder {
    if (stepSize < 1 || samples.length == 0) {
      throw new IllegalArgumentException(samples.length + " samples in steps of " + stepSize);
    }
  }

  /// The order of an epoch: a pure function of its arguments, the same in every JVM.
  ///
  /// @param shuffle whether chance has a part; without it, grouping takes the samples as they come
  /// @param epoch number of the epoch, from 0; each has another order when shuffled
  public static EpochOrder of(
      SampleSizes sizes, boolean shuffle, Grouping grouping, long seed, int epoch, int stepSize) {
    Shuffler shuffler = shuffle ? Shuffler.of(seed, epoch) : Shuffler.still();
    LengthGroups groups = new LengthGroups(sizes, stepSize, shuffler);
    int[] samples =
        switch (grouping) {
          case NONE -> shuffler.permutation(sizes.count());
          case LENGTH -> groups.byLength();
          case MODALITY_LENGTH -> groups.byModalityAndLength();
        };
    return new EpochOrder(samples, stepSize);
  }

  /// Number of steps.
  public int steps() {
    return Math.ceilDiv(samples.length, stepSize);
  }

  /// Sample indices of a step.
  public int[] step(int step) {
    int begin = Math.multiplyExact(step, stepSize);
    return Arrays.copyOfRange(samples, begin, Math.min(begin + stepSize, samples.length));
  }
}
