package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// What an evaluation has written so far; it may be going on.
///
/// @param facts `eval.json`
/// @param tasks names of their directories, in the order asked
/// @param models in order
record EvaluationFiles(Path directory, Row facts, List<String> tasks, List<Model> models) {

  /// A model's answers.
  ///
  /// @param tasks in the order of the evaluation's, empty where nothing is written yet
  record Model(String label, String path, String weights, List<Optional<Answers>> tasks) {}

  /// A model's answers to a task.
  ///
  /// @param lines of `answers.jsonl`
  /// @param score `score.json`
  /// @param reviews lines of `reviews.jsonl` and, for verdicts that did not come, `missing.jsonl`
  /// @param disagreements lines of `disagreements.jsonl`
  record Answers(
      List<Row> lines, Optional<JsonNode> score, List<Row> reviews, List<Row> disagreements) {}

  /// Whether a directory is an evaluation's.
  static boolean isEvaluation(Path directory) {
    return Files.isRegularFile(directory.resolve("eval.json"));
  }

  /// Reads an evaluation's directory.
  ///
  /// @throws DataException where models were asked different questions
  static EvaluationFiles open(Path directory) {
    Row facts = Json.file(directory.resolve("eval.json"));
    List<JsonNode> named = facts.json().path("models").valueStream().toList();
    List<String> labels = named.stream().map(m -> m.path("label").asText()).toList();
    List<String> tasks = tasks(directory, facts.json(), labels);
    List<Model> models = new ArrayList<>();
    for (JsonNode model : named) {
      String label = model.path("label").asText();
      Path answers = directory.resolve("models").resolve(label);
      models.add(
          new Model(
              label,
              model.path("path").asText(),
              model.path("weights_sha256").asText(),
              tasks.stream().map(task -> answers(answers.resolve(task))).toList()));
    }
    EvaluationFiles files = new EvaluationFiles(directory, facts, tasks, models);
    files.checkThatQuestionsAgree();
    return files;
  }

  /// As the settings name them, and what else there is.
  private static List<String> tasks(Path directory, JsonNode facts, List<String> labels) {
    Set<String> tasks = new LinkedHashSet<>();
    for (JsonNode task : facts.at("/settings/tasks")) {
      tasks.add(task.path(task.hasNonNull("name") ? "name" : "type").asText());
    }
    for (String label : labels) {
      Path answers = directory.resolve("models").resolve(label);
      if (Files.isDirectory(answers)) {
        try (Stream<Path> found = Files.list(answers)) {
          found
              .filter(Files::isDirectory)
              .map(d -> d.getFileName().toString())
              .sorted()
              .forEach(tasks::add);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return List.copyOf(tasks);
  }

  private static Optional<Answers> answers(Path task) {
    Path lines = task.resolve("answers.jsonl");
    if (!Files.isRegularFile(lines)) {
      return Optional.empty();
    }
    Path score = task.resolve("score.json");
    List<Row> reviews = new ArrayList<>(lines(task.resolve("reviews.jsonl")));
    reviews.addAll(lines(task.resolve("missing.jsonl")));
    return Optional.of(
        new Answers(
            Json.linesSoFar(lines),
            Files.exists(score) ? Optional.of(Json.file(score).json()) : Optional.empty(),
            reviews,
            lines(task.resolve("disagreements.jsonl"))));
  }

  private static List<Row> lines(Path file) {
    return Files.exists(file) ? Json.linesSoFar(file) : List.of();
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

  /// A task's benchmark; its name where no score says it.
  String type(int task) {
    return models.stream()
        .flatMap(model -> model.tasks.get(task).flatMap(Answers::score).stream())
        .map(score -> score.path("task").asText())
        .findFirst()
        .orElse(tasks.get(task));
  }
}
