package dev.jlava.eval.task;

import java.util.List;

/// A benchmark: which files it reads and how saved answers become a score. Where a benchmark has a
/// reference script, the score's text is what that script prints. [Tasks] lists all of them.
public interface Task {
  /// What it is called on the command line, such as `science_qa`.
  String name();

  /// One sentence.
  String summary();

  /// The files and values it takes, in the order to show.
  List<Input> inputs();

  /// Scores saved answers. Throws a [dev.jlava.data.DataException] where a file is not what the
  /// task expects. Writes nothing: files to write are part of the score.
  Score score(Given given);
}
