package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.eval.json.Folder;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.report.EvaluationFiles.Answers;
import dev.jlava.eval.report.EvaluationFiles.Model;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// The directory of one evaluation.
///
/// @param facts `eval.json`
record EvaluationSource(Path directory, Row facts) {
  private static final String FACTS = "eval.json";

  /// Whether a directory is an evaluation's.
  static boolean isEvaluation(Path directory) {
    return Files.isRegularFile(directory.resolve(FACTS));
  }

  static EvaluationSource open(Path directory) {
    return new EvaluationSource(directory, Json.file(directory.resolve(FACTS)));
  }

  String name() {
    return facts.json().at("/settings/name").asText(directory.getFileName().toString());
  }

  boolean finished() {
    return facts.has("finished");
  }

  private List<JsonNode> named() {
    return facts.json().path("models").valueStream().toList();
  }

  private Path answersOf(JsonNode model) {
    return directory.resolve("models").resolve(model.path("label").asText());
  }

  /// The benchmarks of the settings' tasks by the tasks' names.
  Map<String, String> types() {
    Map<String, String> types = new LinkedHashMap<>();
    for (JsonNode task : facts.json().at("/settings/tasks")) {
      String type = task.path("type").asText();
      types.put(task.path("name").asText(type), type);
    }
    return types;
  }

  /// As the settings name them, and what else there is.
  List<String> tasks() {
    Set<String> tasks = new LinkedHashSet<>(types().keySet());
    for (JsonNode model : named()) {
      Path answers = answersOf(model);
      if (Files.isDirectory(answers)) {
        Folder.entries(answers).stream()
            .filter(Files::isDirectory)
            .map(d -> d.getFileName().toString())
            .forEach(tasks::add);
      }
    }
    return List.copyOf(tasks);
  }

  /// The models with their answers to tasks of these names, under their own labels.
  List<Model> models(List<String> tasks) {
    List<Model> models = new ArrayList<>();
    for (JsonNode model : named()) {
      models.add(
          new Model(
              model.path("label").asText(),
              model.path("path").asText(),
              model.path("weights_sha256").asText(),
              tasks.stream().map(task -> answers(answersOf(model).resolve(task))).toList()));
    }
    return models;
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

  /// Where a relative path of the answers may start from: where the evaluation ran, and its own
  /// directory, which may have been moved together with the pictures.
  List<Path> roots() {
    return Stream.of(facts.json().path("working_directory").asText(), directory.toString())
        .filter(root -> !root.isEmpty())
        .map(Path::of)
        .toList();
  }
}
