package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.task.Evaluation;
import dev.jlava.recipe.RecipeLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// What a run has written so far; the run may be going on.
final class RunFiles {
  private final Path run;
  private final String yaml;
  private final Map<String, String> settings;

  private RunFiles(Path run, String yaml) {
    this.run = run;
    this.yaml = yaml;
    this.settings = RecipeLoader.settings(yaml);
  }

  /// Reads a run directory.
  ///
  /// @throws DataException where it is none
  static RunFiles open(Path run) {
    if (!RunDirectory.isRun(run)) {
      throw new DataException(
          run
              + ": not a run ("
              + (Files.isDirectory(run) ? "found no resolved.yaml" : "no such directory")
              + "); name a directory that `train`, `quickstart` or `eval` writes");
    }
    return new RunFiles(run, Json.text(RunDirectory.resolvedRecipe(run)));
  }

  Path path() {
    return run;
  }

  boolean finished() {
    return Files.isDirectory(RunDirectory.finalModel(run));
  }

  /// The recipe with every default written out.
  String yaml() {
    return yaml;
  }

  /// Its values by key: `stages.0.batch.size`.
  Map<String, String> settings() {
    return settings;
  }

  String name() {
    return settings.getOrDefault("name", run.toAbsolutePath().getFileName().toString());
  }

  List<String> stages() {
    return IntStream.iterate(0, i -> settings.containsKey("stages." + i + ".name"), i -> i + 1)
        .mapToObj(i -> settings.getOrDefault("stages." + i + ".name", ""))
        .toList();
  }

  /// The lines of `metrics.jsonl`. The last one of a run that is going on may be half written.
  List<JsonNode> metrics() {
    Path file = run.resolve("metrics.jsonl");
    if (!Files.exists(file)) {
      return List.of();
    }
    return Json.linesSoFar(file).stream().map(Row::json).toList();
  }

  /// The stages' curves.
  List<RunData.Stage> curves() {
    List<JsonNode> metrics = metrics();
    return stages().stream().map(stage -> curves(stage, metrics)).toList();
  }

  private static RunData.Stage curves(String stage, List<JsonNode> metrics) {
    List<RunData.Step> steps = new ArrayList<>();
    List<RunData.Validation> validation = new ArrayList<>();
    List<RunData.Scores> scores = new ArrayList<>();
    for (JsonNode line : metrics) {
      if (line.path("stage").asText().equals(stage)) {
        int step = line.path("step").asInt();
        if (line.has("loss")) {
          steps.add(step(line));
        }
        if (line.has("validation_loss")) {
          validation.add(new RunData.Validation(step, line.path("validation_loss").asDouble()));
        }
        if (line.has("eval")) {
          scores.add(new RunData.Scores(step, numbers(line.path("eval"))));
        }
      }
    }
    return new RunData.Stage(stage, steps, validation, scores);
  }

  private static RunData.Step step(JsonNode line) {
    return new RunData.Step(
        line.path("step").asInt(),
        line.path("loss").asDouble(),
        numbers(line.path("lr")),
        line.path("tokens").asInt() / line.path("seconds").asDouble());
  }

  /// A figure that is not defined has no place on a curve.
  private static Map<String, Double> numbers(JsonNode byName) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> one : byName.properties()) {
      if (Double.isFinite(one.getValue().asDouble(Double.NaN))) {
        numbers.put(one.getKey(), one.getValue().asDouble());
      }
    }
    return numbers;
  }

  /// Time and highest memory of the steps of each stage that has begun, by its name.
  Map<String, RunData.Cost> costs() {
    Map<String, double[]> stages = new LinkedHashMap<>();
    for (JsonNode line : metrics()) {
      double[] sum = stages.computeIfAbsent(line.path("stage").asText(), s -> new double[2]);
      sum[0] += line.path("seconds").asDouble();
      sum[1] = Math.max(sum[1], line.path("memory_mb").asDouble());
    }
    Map<String, RunData.Cost> costs = new LinkedHashMap<>();
    stages.forEach(
        (name, sum) -> costs.put(name, new RunData.Cost("train " + name, sum[0], sum[1])));
    return costs;
  }

  /// `run.json`; an empty object where the run has not begun.
  JsonNode facts() {
    Path file = run.resolve("run.json");
    return Files.exists(file) ? Json.file(file).json() : Json.object();
  }

  /// Where an evaluation between stages goes, numbered in the order they are made.
  static Path evaluationFile(Path run, int number) {
    return run.resolve("evaluations").resolve(number + ".json");
  }

  List<Evaluation> evaluations() {
    List<Evaluation> all = new ArrayList<>();
    for (int i = 0; Files.exists(evaluationFile(run, i)); i++) {
      all.add(Evaluation.read(evaluationFile(run, i)));
    }
    return all;
  }
}
