package dev.jlava.eval.task;

import java.util.List;

/// How a task's questions are asked: where they come from, how they are put, how long an answer may
/// be.
public interface Asking {
  /// The files it reads; some may be those that scoring reads.
  List<Input> inputs();

  /// The longest answer in tokens that LLaVA's script for the task allows.
  int maxNewTokens();

  /// Every question, in the order of the file.
  ///
  /// @throws dev.jlava.data.DataException where a file is not what the task expects
  List<Item> items(Given given);

  /// The values that scoring is given: these, unless a name means another file there.
  default Given forScoring(Given given) {
    return given;
  }
}
