package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.page.Page;
import dev.jlava.eval.page.Pictures;
import dev.jlava.eval.page.Questions;
import dev.jlava.eval.report.EvaluationFiles.Answers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The report of an evaluation, finished or not, gathered from its directory: `report.html`,
/// `report.json` and `report.md`.
public final class EvaluationReport {
  private static final String FACTS = "report.json";

  private final EvaluationFiles files;
  private final List<TaskFigures> figures = new ArrayList<>();

  private EvaluationReport(EvaluationFiles files) {
    this.files = files;
    for (int task = 0; task < files.tasks().size(); task++) {
      figures.add(new TaskFigures(files, task));
    }
  }

  /// Whether a directory is an evaluation's.
  public static boolean isEvaluation(Path directory) {
    return EvaluationFiles.isEvaluation(directory);
  }

  /// Writes the report into the evaluation's directory and gives the page's path.
  ///
  /// @param command how to do it again, as typed
  public static Path write(Path directory, String command) {
    return new EvaluationReport(EvaluationFiles.open(directory)).write(command);
  }

  /// Writes the report again. The command is that of the last report, or names the models and a
  /// file that holds the settings.
  public static Path write(Path directory) {
    EvaluationFiles files = EvaluationFiles.open(directory);
    Path last = directory.resolve(FACTS);
    StringBuilder command = new StringBuilder("./jlava eval SETTINGS.yaml");
    files.models().forEach(model -> command.append(" --model ").append(model.path()));
    return new EvaluationReport(files)
        .write(Files.exists(last) ? Json.file(last).text("command") : command.toString());
  }

  private Path write(String command) {
    Path directory = files.directory();
    Path page = directory.resolve("report.html");
    Pictures pictures = new Pictures(EvaluationPage.PICTURES);
    AnswerList answers = new AnswerList(files, figures, pictures);
    Questions questions = answers.questions();
    EvaluationData data = data(command, answers);
    try {
      ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      Page.replace(directory.resolve(FACTS), json.writeValueAsString(data) + "\n");
      Page.replace(directory.resolve("report.md"), EvaluationText.of(data));
      Page.replace(
          page, EvaluationPage.html(data, JudgePage.of(data.judged(), files), questions, pictures));
    } catch (IOException e) {
      throw new DataException(directory + ": the report cannot be written (" + e + ")", e);
    }
    return page;
  }

  private EvaluationData data(String command, AnswerList answers) {
    JsonNode facts = files.facts().json();
    List<EvaluationData.Task> tasks = new ArrayList<>();
    for (int task = 0; task < figures.size(); task++) {
      tasks.add(figures.get(task).data(answers.failed(task)));
    }
    Published published = Published.read();
    boolean known =
        tasks.stream()
            .anyMatch(task ->
                published.models().stream().anyMatch(m -> m.figures().containsKey(task.type())));
    return new EvaluationData(
        facts.at("/settings/name").asText(files.directory().getFileName().toString()),
        facts.has("finished"),
        command,
        facts.path("settings").toPrettyString(),
        facts(facts),
        files.models().stream().map(EvaluationFiles.Model::label).toList(),
        tasks,
        known ? published : null,
        judged(),
        costs());
  }

  private Map<String, String> facts(JsonNode json) {
    Map<String, String> facts = new LinkedHashMap<>();
    for (String key : List.of("started", "finished")) {
      if (json.has(key)) {
        facts.put(key, json.path(key).asText());
      }
    }
    json.path("versions").properties().forEach(v -> facts.put(v.getKey(), v.getValue().asText()));
    json.path("machine").properties().forEach(m -> facts.put(m.getKey(), m.getValue().asText()));
    for (EvaluationFiles.Model model : files.models()) {
      facts.put("model " + model.label(), model.path());
      facts.put("SHA-256 of the weights of " + model.label(), model.weights());
    }
    return facts;
  }

  private List<Judged> judged() {
    List<Judged> judged = new ArrayList<>();
    for (int task = 0; task < files.tasks().size(); task++) {
      for (EvaluationFiles.Model model : files.models()) {
        Optional<Answers> answers = model.tasks().get(task);
        if (answers.isPresent() && !answers.get().reviews().isEmpty()) {
          judged.add(new JudgedAnswers(answers.get()).of(files.tasks().get(task), model.label()));
        }
      }
    }
    return judged;
  }

  private List<EvaluationData.Cost> costs() {
    List<EvaluationData.Cost> costs = new ArrayList<>();
    for (EvaluationFiles.Model model : files.models()) {
      for (int task = 0; task < model.tasks().size(); task++) {
        Optional<Answers> answers = model.tasks().get(task);
        if (answers.isPresent()) {
          costs.add(cost(model.label(), files.tasks().get(task), answers.get().lines()));
        }
      }
    }
    return costs;
  }

  private static EvaluationData.Cost cost(String model, String task, List<Row> lines) {
    return new EvaluationData.Cost(
        model,
        task,
        lines.size(),
        (long) sum(lines, "prompt_tokens"),
        (long) sum(lines, "new_tokens"),
        sum(lines, "seconds"));
  }

  private static double sum(List<Row> rows, String key) {
    return rows.stream().mapToDouble(row -> row.json().path(key).asDouble()).sum();
  }
}
