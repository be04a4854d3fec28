package dev.jlava.checkpoint;

import org.jspecify.annotations.Nullable;

/// Which checkpoints of a stage stay when another is written.
///
/// @param newest how many of the newest
/// @param every also those whose step is a multiple of this
/// @param best also the one with the lowest held-out loss, which `best` links to
public record Keep(int newest, @Nullable Integer every, boolean best) {
  /// Whether a checkpoint stays however old it is.
  boolean always(int step) {
    return every != null && step % every == 0;
  }
}
