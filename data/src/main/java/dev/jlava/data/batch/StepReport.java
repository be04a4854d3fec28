package dev.jlava.data.batch;

import java.util.List;

/// What happened to the data of one step.
///
/// @param secondsWaited how long the training thread stood still for it
/// @param lossTokens tokens with a loss in what was yielded
/// @param dropped samples left out
/// @param truncated ids of samples that were cut
public record StepReport(
    double secondsWaited, int lossTokens, List<DroppedSample> dropped, List<String> truncated) {
  public StepReport {
    dropped = List.copyOf(dropped);
    truncated = List.copyOf(truncated);
  }
}
