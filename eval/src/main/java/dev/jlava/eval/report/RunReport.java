package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.WholeFile;
import dev.jlava.eval.page.Format;
import dev.jlava.eval.task.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The report of a run, finished or not, gathered from its directory: `report.html`, `report.json`
/// and `report.md`.
public final class RunReport {
  private static final String FACTS = "report.json";

  private final RunFiles files;

  private RunReport(RunFiles files) {
    this.files = files;
  }

  /// Writes the report into the run directory and gives the page's path.
  ///
  /// @param command how to do it again, as typed
  public static Path write(Path run, String command) {
    RunData data = new RunReport(RunFiles.open(run)).data(command);
    return write(run, data);
  }

  /// Writes the report again. The command is that of the last report, or trains by the run's
  /// resolved recipe.
  public static Path write(Path run) {
    RunFiles files = RunFiles.open(run);
    Path last = run.resolve(FACTS);
    String command =
        Files.exists(last)
            ? Json.file(last).text("command")
            : "./jlava train " + run.resolve("resolved.yaml") + " --set output=NEW_DIRECTORY";
    return write(run, new RunReport(files).data(command));
  }

  static Path write(Path directory, RunData data) {
    Path page = directory.resolve("report.html");
    try {
      ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      WholeFile.write(directory.resolve(FACTS), json.writeValueAsString(data) + "\n");
      WholeFile.write(directory.resolve("report.md"), RunText.of(data));
      WholeFile.write(page, RunPage.html(data));
    } catch (IOException e) {
      throw new DataException(directory + ": the report cannot be written (" + e + ")", e);
    }
    return page;
  }

  /// Where an evaluation between stages goes, numbered in the order they are made.
  public static Path evaluationFile(Path run, int number) {
    return RunFiles.evaluationFile(run, number);
  }

  private RunData data(String command) {
    List<Evaluation> evaluations = files.evaluations();
    return new RunData(
        files.name(),
        summary(evaluations),
        command,
        files.yaml(),
        facts(),
        files.curves(),
        parts(),
        evaluations.stream().map(RunReport::tallies).toList(),
        examples(evaluations),
        costs(evaluations));
  }

  private String summary(List<Evaluation> evaluations) {
    List<String> shares = new ArrayList<>();
    for (Evaluation e : evaluations) {
      shares.add(e.label() + " " + Format.percent(e.accuracy()));
    }
    String right =
        shares.isEmpty() ? "" : "Right answers to held-out questions: " + String.join(", ", shares);
    return files.finished() ? right : ("The run is not finished. " + right).strip();
  }

  private Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    JsonNode run = files.facts();
    for (String key : List.of("begun", "seed")) {
      if (run.has(key)) {
        facts.put(key, run.path(key).asText());
      }
    }
    run.path("versions").properties().forEach(v -> facts.put(v.getKey(), v.getValue().asText()));
    run.path("machine").properties().forEach(m -> facts.put(m.getKey(), m.getValue().asText()));
    run.path("data_sha256")
        .properties()
        .forEach(d -> facts.put("SHA-256 of " + d.getKey(), d.getValue().asText()));
    return facts;
  }

  private List<RunData.Part> parts() {
    List<RunData.Part> parts = new ArrayList<>();
    for (JsonNode stage : files.facts().path("stages")) {
      for (JsonNode part : stage.path("parts")) {
        parts.add(
            new RunData.Part(
                stage.path("name").asText(),
                part.path("part").asText(),
                part.path("parameters").asLong(),
                part.path("trained").asLong(),
                part.hasNonNull("lr") ? part.path("lr").asDouble() : null,
                part.path("adapter").asText()));
      }
    }
    return parts;
  }

  static RunData.Evaluation tallies(Evaluation evaluation) {
    Map<String, RunData.Tally> kinds = new LinkedHashMap<>();
    for (Evaluation.Answered a : evaluation.answers()) {
      RunData.Tally one = new RunData.Tally(a.right() ? 1 : 0, 1);
      kinds.merge(a.category(), one, RunData.Tally::plus);
    }
    return new RunData.Evaluation(evaluation.label(), evaluation.control(), kinds);
  }

  /// Every question, with every model's answer.
  static List<RunData.Example> examples(List<Evaluation> evaluations) {
    List<RunData.Example> examples = new ArrayList<>();
    List<Evaluation.Answered> first =
        evaluations.isEmpty() ? List.of() : evaluations.getFirst().answers();
    for (int i = 0; i < first.size(); i++) {
      Evaluation.Answered asked = first.get(i);
      List<RunData.Answer> answers = new ArrayList<>();
      for (Evaluation e : evaluations) {
        Evaluation.Answered a = e.answers().get(i);
        answers.add(new RunData.Answer(a.answer(), a.right()));
      }
      examples.add(
          new RunData.Example(
              asked.image(), asked.category(), asked.question(), asked.reference(), answers));
    }
    return examples;
  }

  private List<RunData.Cost> costs(List<Evaluation> evaluations) {
    Stream<RunData.Cost> evaluated =
        evaluations.stream().map(e -> new RunData.Cost("ask " + e.label(), e.seconds(), null));
    return Stream.concat(files.costs().values().stream(), evaluated).toList();
  }
}
