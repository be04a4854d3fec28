package dev.jlava.eval.run;

/// Hears of an evaluation as it goes on.
public interface EvalListener {
  /// Answers have come in.
  ///
  /// @param done of `total` answers that this process gives
  void answered(String model, String task, int done, int total);

  /// Verdicts of a judge have come in; called by several threads.
  void judged(String model, String task, int done, int total);

  /// Anything else that the user should read.
  void say(String line);
}
