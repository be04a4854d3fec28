package dev.jlava.eval.task;

import java.util.List;
import java.util.Optional;

/// A benchmark: which files it reads, how its questions are asked, and how saved answers become a
/// score. Where a benchmark has a reference script, the score's text is what that script prints.
/// [Tasks] lists all of them.
public interface Task {
  /// What it is called on the command line, such as `science_qa`.
  String name();

  /// One sentence.
  String summary();

  /// The files and values that scoring takes, in the order to show.
  List<Input> inputs();

  /// How its questions are asked; nothing where it only combines answers that are there.
  Optional<Asking> asking();

  /// Whether scoring takes a judge's reviews in place of the answers themselves.
  default boolean isJudged() {
    return false;
  }

  /// The name of the file for an evaluation server, where scoring writes one.
  default String submission() {
    return "submission.json";
  }

  /// Scores saved answers. Throws a [dev.jlava.data.DataException] where a file is not what the
  /// task expects. Writes nothing: files to write are part of the score.
  Score score(Given given);
}
