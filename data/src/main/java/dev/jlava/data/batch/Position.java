package dev.jlava.data.batch;

/// A place in the data: the step that comes next. Two integers are all that resuming needs.
///
/// @param epoch from 0
/// @param step within the epoch, from 0
public record Position(int epoch, int step) {
  /// The beginning of the data.
  public static final Position START = new Position(0, 0);
}
