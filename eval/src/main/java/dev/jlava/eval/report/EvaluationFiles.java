package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// What evaluations have written so far; they may be going on. Where there are several, their
/// models stand side by side as if one had asked them all.
///
/// @param tasks names of their directories, in the order asked
/// @param models in order
record EvaluationFiles(List<EvaluationSource> sources, List<String> tasks, List<Model> models) {

  /// A model's answers.
  ///
  /// @param tasks in the order of the evaluation's, empty where nothing is written yet
  record Model(String label, String path, String weights, List<Optional<Answers>> tasks) {
    Model called(String other) {
      return new Model(other, path, weights, tasks);
    }
  }

  /// A model's answers to a task.
  ///
  /// @param lines of `answers.jsonl`
  /// @param score `score.json`
  /// @param reviews lines of `reviews.jsonl` and, for verdicts that did not come, `missing.jsonl`
  /// @param disagreements lines of `disagreements.jsonl`
  record Answers(
      List<Row> lines, Optional<JsonNode> score, List<Row> reviews, List<Row> disagreements) {}

  /// Reads evaluations' directories.
  ///
  /// @throws DataException where models were asked different questions
  static EvaluationFiles open(List<Path> directories) {
    List<EvaluationSource> sources = directories.stream().map(EvaluationSource::open).toList();
    Set<String> named = new LinkedHashSet<>();
    sources.forEach(source -> named.addAll(source.tasks()));
    List<String> tasks = List.copyOf(named);
    List<List<Model>> each = sources.stream().map(source -> source.models(tasks)).toList();
    EvaluationFiles files =
        new EvaluationFiles(sources, tasks, labelled(each, DirectoryNames.of(directories)));
    files.checkThatTypesAgree();
    files.checkThatQuestionsAgree();
    return files;
  }

  /// All models; those whose labels several evaluations have are told apart by the directory.
  private static List<Model> labelled(List<List<Model>> each, List<String> directories) {
    List<String> labels = each.stream().flatMap(List::stream).map(Model::label).toList();
    List<Model> all = new ArrayList<>();
    for (int i = 0; i < each.size(); i++) {
      for (Model model : each.get(i)) {
        boolean alone = Collections.frequency(labels, model.label()) == 1;
        all.add(alone ? model : model.called(directories.get(i) + ": " + model.label()));
      }
    }
    return all;
  }

  private void checkThatTypesAgree() {
    Map<String, String> known = new HashMap<>();
    for (EvaluationSource source : sources) {
      source
          .types()
          .forEach((task, type) -> {
            String expected = known.putIfAbsent(task, type);
            if (expected != null && !type.equals(expected)) {
              throw new DataException(
                  "%s: task %s is another benchmark elsewhere (found %s, expected %s); give one of them another name"
                      .formatted(source.facts().where(), task, type, expected));
            }
          });
    }
  }

  private void checkThatQuestionsAgree() {
    for (int task = 0; task < tasks.size(); task++) {
      List<Row> longest = longest(task);
      for (Model model : models) {
        List<Row> lines = model.tasks.get(task).map(Answers::lines).orElse(List.of());
        for (int i = 0; i < lines.size(); i++) {
          String found = lines.get(i).id("question_id");
          String expected = longest.get(i).id("question_id");
          if (!found.equals(expected)) {
            throw new DataException(
                "%s: question %s stands where another model's answers have %s; ask both the same questions"
                    .formatted(lines.get(i).where(), found, expected));
          }
        }
      }
    }
  }

  /// The answers to a task of the model that has most of them.
  List<Row> longest(int task) {
    List<Row> longest = List.of();
    for (Model model : models) {
      List<Row> lines = model.tasks.get(task).map(Answers::lines).orElse(List.of());
      longest = lines.size() > longest.size() ? lines : longest;
    }
    return longest;
  }

  /// A task's benchmark; its name where no settings name it.
  String type(int task) {
    String name = tasks.get(task);
    return sources.stream()
        .flatMap(source -> Stream.ofNullable(source.types().get(name)))
        .findFirst()
        .orElse(name);
  }

  /// A picture's file. A relative path starts from where an evaluation ran; where nothing is there,
  /// from here or from an evaluation's directory.
  Path picture(String path) {
    return Stream.concat(
            sources.stream().flatMap(source -> source.roots().stream()), Stream.of(Path.of("")))
        .map(root -> root.resolve(path))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElse(Path.of(path));
  }
}
