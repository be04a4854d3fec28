package dev.jlava.eval.task;

import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// ScienceQA's problems (Lu et al. 2022): the choices and the right one of each, by id, in the
/// order of a split.
record ScienceProblems(Map<String, Problem> byId) {
  static final Input ANNOTATIONS =
      Input.one("annotations", "DIR", "ScienceQA's folder with problems.json and pid_splits.json.");
  static final Input SPLIT =
      Input.optional("split", "NAME", "Which problems, as pid_splits.json names them (test).");

  /// @param choices how many
  /// @param answer index of the right one
  record Problem(int choices, int answer) {
    String letter() {
      return ChoiceLetter.LETTERS.substring(answer, answer + 1);
    }

    /// The choice that a letter names, or the first where it names none. The original scripts draw
    /// one at random there, so that no two runs of them agree.
    int indexOrFirst(String letter) {
      return Math.max(0, ChoiceLetter.index(letter, choices));
    }
  }

  static ScienceProblems read(Given given) {
    Path directory = given.path(ANNOTATIONS);
    Row problems = Json.file(directory.resolve("problems.json"));
    Row splits = Json.file(directory.resolve("pid_splits.json"));
    Map<String, Problem> byId = new LinkedHashMap<>();
    for (String id : splits.texts(given.text(SPLIT).orElse("test"))) {
      byId.put(id, problem(problems.object(id)));
    }
    return new ScienceProblems(byId);
  }

  private static Problem problem(Row row) {
    List<Row> choices = row.list("choices");
    int answer = row.integer("answer");
    int most = Math.min(choices.size(), ChoiceLetter.LETTERS.length());
    if (answer < 0 || answer >= most) {
      throw new DataException(
          "%s: answer %d (expected 0 to %d, an index of the choices)"
              .formatted(row.where(), answer, most - 1));
    }
    return new Problem(choices.size(), answer);
  }
}
