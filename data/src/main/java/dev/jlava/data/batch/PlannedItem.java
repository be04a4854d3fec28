package dev.jlava.data.batch;

import java.util.List;
import java.util.concurrent.Future;

/// What the planner hands to the training thread, in order: a step, its micro-batches, the next
/// step.
sealed interface PlannedItem {
  /// A step whose samples are tokenised and split.
  record Step(Position position, List<List<Example>> microBatches, List<DroppedSample> dropped)
      implements PlannedItem {}

  /// A micro-batch whose images are being decoded.
  record MicroBatch(List<Loading> samples) implements PlannedItem {}

  /// One sample of a micro-batch.
  record Loading(Example example, List<Future<float[]>> pixels) {}

  /// No step comes any more, because planning failed.
  record Failure(Throwable cause) implements PlannedItem {}

  /// No step comes any more.
  record End() implements PlannedItem {}
}
