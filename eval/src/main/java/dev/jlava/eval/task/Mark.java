package dev.jlava.eval.task;

import java.util.OptionalDouble;

/// What one answer is worth.
///
/// @param id the question's
/// @param category empty if it has none
/// @param value 0 to 1; none where the answer alone has no value
public record Mark(String id, String category, OptionalDouble value) {
  static Mark of(String id, String category, double value) {
    return new Mark(id, category, OptionalDouble.of(value));
  }

  static Mark of(String id, String category, boolean right) {
    return of(id, category, right ? 1 : 0);
  }
}
