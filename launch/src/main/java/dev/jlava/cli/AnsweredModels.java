package dev.jlava.cli;

import dev.jlava.data.DataException;
import dev.jlava.eval.json.Folder;
import dev.jlava.eval.judge.JudgeRun.Entrant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Finds the answers that a judge is to score, and where its verdicts on them go.
final class AnsweredModels {
  private static final String ANSWERS = "answers.jsonl";

  private AnsweredModels() {}

  /// `NAME=FILE` without its name, unless a file is called that.
  static Path file(String given) {
    boolean named = given.contains("=") && !Files.exists(Path.of(given));
    return Path.of(named ? given.substring(given.indexOf('=') + 1) : given);
  }

  /// What the command line names: files, or evaluations of which every model takes part.
  ///
  /// @param given `FILE`, `NAME=FILE` or a directory
  /// @param directory where the verdicts on files go
  static List<Entrant> named(List<String> given, String task, Path directory) {
    List<Entrant> entrants = new ArrayList<>();
    for (String one : given) {
      Path file = file(one);
      if (Files.isDirectory(file)) {
        entrants.addAll(of(file, task));
      } else {
        String label =
            file.toString().equals(one)
                ? label(file)
                : one.substring(0, one.length() - file.toString().length() - 1);
        entrants.add(new Entrant(label, file, directory.resolve(label), false));
      }
    }
    checkLabels(entrants);
    return entrants;
  }

  /// `models/LABEL/TASK/answers.jsonl`, else the file's own name.
  private static String label(Path file) {
    Path path = file.toAbsolutePath().normalize();
    int names = path.getNameCount();
    if (names > 3 && path.endsWith(ANSWERS) && path.getName(names - 4).endsWith("models")) {
      return path.getName(names - 3).toString();
    }
    return path.getFileName().toString().replaceFirst("\\.jsonl?$", "");
  }

  private static void checkLabels(List<Entrant> entrants) {
    Set<String> labels = new HashSet<>();
    for (Entrant entrant : entrants) {
      if (!labels.add(entrant.label())) {
        throw new DataException(
            "--answers: two models are called "
                + entrant.label()
                + "; name them, as in --answers first="
                + entrant.answers());
      }
    }
  }

  /// Every model of an evaluation that has answered a task.
  static List<Entrant> of(Path evaluation, String task) {
    List<Entrant> entrants = new ArrayList<>();
    Path models = evaluation.resolve("models");
    for (Path model : Files.isDirectory(models) ? Folder.entries(models) : List.<Path>of()) {
      Path home = model.resolve(task);
      if (Files.isRegularFile(home.resolve(ANSWERS))) {
        String label = model.getFileName().toString();
        entrants.add(new Entrant(label, home.resolve(ANSWERS), home, true));
      }
    }
    if (entrants.isEmpty()) {
      throw new DataException(
          evaluation
              + ": no answers (looked for models/*/"
              + task
              + "/"
              + ANSWERS
              + "); run the evaluation first, or name its task with --task");
    }
    return entrants;
  }
}
