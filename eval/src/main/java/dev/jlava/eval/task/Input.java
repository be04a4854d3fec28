package dev.jlava.eval.task;

/// Something a task is given by name, as `--answers FILE` on the command line.
///
/// @param name without dashes
/// @param value what to call the value: `FILE`, `DIR`
/// @param need how many values there may be
public record Input(String name, String value, Need need, String description) {
  /// How many values.
  public enum Need {
    ONE,
    AT_MOST_ONE,
    AT_LEAST_ONE,
    ANY
  }

  static Input one(String name, String value, String description) {
    return new Input(name, value, Need.ONE, description);
  }

  static Input optional(String name, String value, String description) {
    return new Input(name, value, Need.AT_MOST_ONE, description);
  }

  /// The model's answers: one file, or the parts of one in order.
  static Input answers(String description) {
    return new Input("answers", "FILE", Need.AT_LEAST_ONE, description);
  }
}
