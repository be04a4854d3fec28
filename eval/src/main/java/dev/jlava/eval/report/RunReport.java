package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import dev.jlava.eval.task.Evaluation;
import dev.jlava.recipe.Recipe;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The report of a run, gathered from its directory: `metrics.jsonl`, `run.json`, `resolved.yaml`,
/// `evaluations/*.json` and the final weights.
public final class RunReport {
  /// Examples shown of each category.
  private static final int EXAMPLES = 4;

  private final Path run;
  private final Recipe recipe;

  private RunReport(Path run, Recipe recipe) {
    this.run = run;
    this.recipe = recipe;
  }

  /// Writes `report.html` and `report.json` and gives the page's path.
  ///
  /// @param command how to do it again, as typed
  public static Path write(Path run, Recipe recipe, String command) {
    try {
      return Report.write(run, new RunReport(run, recipe).data(command));
    } catch (IOException e) {
      throw new DataException(run + ": the report cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /// Where an evaluation goes, numbered in the order they are made.
  public static Path evaluationFile(Path run, int number) {
    return run.resolve("evaluations").resolve(number + ".json");
  }

  private ReportData data(String command) throws IOException {
    List<Evaluation> evaluations = evaluations();
    List<JsonNode> metrics = metrics();
    return new ReportData(
        recipe.name(),
        summary(evaluations),
        command,
        Files.readString(run.resolve("resolved.yaml")),
        facts(),
        recipe.stages().stream().map(stage -> stage(stage, metrics)).toList(),
        parts(),
        evaluations.stream().map(RunReport::tallies).toList(),
        gallery(evaluations),
        costs(metrics, evaluations));
  }

  private static String summary(List<Evaluation> evaluations) {
    List<String> shares = new ArrayList<>();
    for (Evaluation e : evaluations) {
      shares.add(e.label() + " " + Format.percent(e.accuracy()));
    }
    return shares.isEmpty()
        ? ""
        : "Right answers to held-out questions: " + String.join(", ", shares);
  }

  private List<Evaluation> evaluations() {
    List<Evaluation> all = new ArrayList<>();
    for (int i = 0; Files.exists(evaluationFile(run, i)); i++) {
      all.add(Evaluation.read(evaluationFile(run, i)));
    }
    return all;
  }

  private List<JsonNode> metrics() throws IOException {
    List<JsonNode> all = new ArrayList<>();
    ObjectMapper json = new ObjectMapper();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      all.add(json.readTree(line));
    }
    return all;
  }

  private Map<String, String> facts() throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    JsonNode run = new ObjectMapper().readTree(this.run.resolve("run.json").toFile());
    facts.put("begun", run.path("begun").asText());
    facts.put("seed", run.path("seed").asText());
    run.path("versions").properties().forEach(v -> facts.put(v.getKey(), v.getValue().asText()));
    run.path("machine").properties().forEach(m -> facts.put(m.getKey(), m.getValue().asText()));
    run.path("data_sha256")
        .properties()
        .forEach(d -> facts.put("SHA-256 of " + d.getKey(), d.getValue().asText()));
    return facts;
  }

  private static ReportData.Stage stage(Recipe.Stage stage, List<JsonNode> metrics) {
    List<ReportData.Step> steps = new ArrayList<>();
    List<ReportData.Validation> validation = new ArrayList<>();
    for (JsonNode line : metrics) {
      if (line.path("stage").asText().equals(stage.name())) {
        Map<String, Double> rates = new LinkedHashMap<>();
        line.path("lr").properties().forEach(r -> rates.put(r.getKey(), r.getValue().asDouble()));
        int step = line.path("step").asInt();
        double speed = line.path("tokens").asInt() / line.path("seconds").asDouble();
        if (line.has("loss")) {
          steps.add(new ReportData.Step(step, line.path("loss").asDouble(), rates, speed));
        }
        if (line.has("validation_loss")) {
          validation.add(new ReportData.Validation(step, line.path("validation_loss").asDouble()));
        }
      }
    }
    return new ReportData.Stage(stage.name(), steps, validation);
  }

  private List<ReportData.Part> parts() {
    Map<String, Long> sizes = new LinkedHashMap<>();
    try (WeightFiles files = WeightFiles.open(run.resolve("final"))) {
      PartName.split(files).forEach((part, tensors) -> sizes.put(part, size(tensors)));
    }
    List<ReportData.Part> parts = new ArrayList<>();
    String dtype = recipe.runtime().precision().name().toLowerCase(java.util.Locale.ROOT);
    for (Recipe.Stage stage : recipe.stages()) {
      for (String part : List.of("vision", "projector", "decoder")) {
        Recipe.Train train = stage.train().byPart().get(part);
        long size = sizes.getOrDefault(part, 0L);
        parts.add(
            new ReportData.Part(
                stage.name(),
                part,
                size,
                train == null ? 0 : size,
                dtype,
                train == null ? null : train.lr()));
      }
    }
    return parts;
  }

  private static long size(Map<String, TensorEntry> tensors) {
    return tensors.values().stream()
        .mapToLong(t -> Arrays.stream(t.shape()).reduce(1, (a, b) -> a * b))
        .sum();
  }

  private static ReportData.Evaluation tallies(Evaluation evaluation) {
    Map<String, ReportData.Tally> kinds = new LinkedHashMap<>();
    for (Evaluation.Answered a : evaluation.answers()) {
      ReportData.Tally one = new ReportData.Tally(a.right() ? 1 : 0, 1);
      kinds.merge(a.category(), one, ReportData.Tally::plus);
    }
    return new ReportData.Evaluation(evaluation.label(), evaluation.control(), kinds);
  }

  /// The first few questions of each category, with every model's answer.
  private static List<ReportData.Example> gallery(List<Evaluation> evaluations) throws IOException {
    List<ReportData.Example> gallery = new ArrayList<>();
    Map<String, Integer> shown = new LinkedHashMap<>();
    List<Evaluation.Answered> first =
        evaluations.isEmpty() ? List.of() : evaluations.getFirst().answers();
    for (int i = 0; i < first.size(); i++) {
      Evaluation.Answered asked = first.get(i);
      if (shown.merge(asked.category(), 1, Integer::sum) <= EXAMPLES) {
        List<ReportData.Answer> answers = new ArrayList<>();
        for (Evaluation e : evaluations) {
          Evaluation.Answered a = e.answers().get(i);
          answers.add(new ReportData.Answer(a.answer(), a.right()));
        }
        gallery.add(
            new ReportData.Example(
                picture(Path.of(asked.image())),
                asked.category(),
                asked.question(),
                asked.reference(),
                answers));
      }
    }
    return gallery;
  }

  private static ReportData.Picture picture(Path file) throws IOException {
    String type = Files.probeContentType(file);
    return new ReportData.Picture(type == null ? "image/png" : type, Files.readAllBytes(file));
  }

  private List<ReportData.Cost> costs(List<JsonNode> metrics, List<Evaluation> evaluations) {
    Map<String, double[]> stages = new LinkedHashMap<>();
    for (JsonNode line : metrics) {
      double[] sum = stages.computeIfAbsent(line.path("stage").asText(), s -> new double[2]);
      sum[0] += line.path("seconds").asDouble();
      sum[1] = Math.max(sum[1], line.path("memory_mb").asDouble());
    }
    Stream<ReportData.Cost> trained =
        stages.entrySet().stream()
            .map(s -> new ReportData.Cost("train " + s.getKey(), s.getValue()[0], s.getValue()[1]));
    Stream<ReportData.Cost> evaluated =
        evaluations.stream().map(e -> new ReportData.Cost("ask " + e.label(), e.seconds(), null));
    return Stream.concat(trained, evaluated).toList();
  }
}
