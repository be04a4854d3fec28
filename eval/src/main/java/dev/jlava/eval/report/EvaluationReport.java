package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.json.WholeFile;
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
import java.util.stream.Collectors;

/// The report of an evaluation, finished or not, gathered from its directory: `report.html`,
/// `report.json` and `report.md`. That of several is `comparison.html`, `.json` and `.md`.
public final class EvaluationReport {
  private static final String NAME = "report";

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
    return EvaluationSource.isEvaluation(directory);
  }

  /// Writes the report into the evaluation's directory and gives the page's path.
  ///
  /// @param command how to do it again, as typed
  public static Path write(Path directory, String command) {
    return new EvaluationReport(EvaluationFiles.open(List.of(directory)))
        .write(directory, NAME, command);
  }

  /// Writes the report again. The command is that of the last report, or names the models and a
  /// file that holds the settings.
  public static Path write(Path directory) {
    EvaluationFiles files = EvaluationFiles.open(List.of(directory));
    Path last = directory.resolve(NAME + ".json");
    StringBuilder command = new StringBuilder("./jlava eval SETTINGS.yaml");
    files.models().forEach(model -> command.append(" --model ").append(model.path()));
    return new EvaluationReport(files)
        .write(
            directory,
            NAME,
            Files.exists(last) ? Json.file(last).text("command") : command.toString());
  }

  /// Takes the report away, so that none is left that looks current if what follows is broken off.
  ///
  /// @return the command that it names, to write it again with; none where there is no report
  public static Optional<String> withdraw(Path directory) {
    Path facts = directory.resolve(NAME + ".json");
    if (!isEvaluation(directory) || !Files.exists(facts)) {
      return Optional.empty();
    }
    String command = Json.file(facts).text("command");
    try {
      for (String ending : List.of(".html", ".md", ".json")) {
        Files.deleteIfExists(directory.resolve(NAME + ending));
      }
    } catch (IOException e) {
      throw new DataException(directory + ": the report cannot be taken away (" + e + ")", e);
    }
    return Optional.of(command);
  }

  /// Writes one report of several evaluations, whose models stand side by side, and gives the
  /// page's path.
  ///
  /// @param output a directory, made if it is not there
  public static Path write(List<Path> directories, Path output) {
    StringBuilder command = new StringBuilder("./jlava report");
    directories.forEach(directory -> command.append(' ').append(directory));
    return new EvaluationReport(EvaluationFiles.open(directories))
        .write(output, "comparison", command.append(" --out ").append(output).toString());
  }

  private Path write(Path directory, String name, String command) {
    Path page = directory.resolve(name + ".html");
    Pictures pictures = new Pictures(EvaluationPage.PICTURES);
    AnswerList answers = new AnswerList(files, figures, pictures);
    Questions questions = answers.questions();
    EvaluationData data = data(command, answers);
    try {
      Files.createDirectories(directory);
      ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      WholeFile.write(directory.resolve(name + ".json"), json.writeValueAsString(data) + "\n");
      WholeFile.write(directory.resolve(name + ".md"), EvaluationText.of(data));
      WholeFile.write(
          page, EvaluationPage.html(data, JudgePage.of(data.judged(), files), questions, pictures));
    } catch (IOException e) {
      throw new DataException(directory + ": the report cannot be written (" + e + ")", e);
    }
    return page;
  }

  private EvaluationData data(String command, AnswerList answers) {
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
        files.sources().stream()
            .map(EvaluationSource::name)
            .distinct()
            .collect(Collectors.joining(" · ")),
        files.sources().stream().allMatch(EvaluationSource::finished),
        command,
        settings().toPrettyString(),
        facts(),
        files.models().stream().map(EvaluationFiles.Model::label).toList(),
        tasks,
        known ? published : null,
        judged(),
        costs());
  }

  /// The settings; of several evaluations, each under its directory.
  private JsonNode settings() {
    if (files.sources().size() == 1) {
      return files.sources().getFirst().facts().json().path("settings");
    }
    ObjectNode all = Json.object();
    files
        .sources()
        .forEach(one -> all.set(one.directory().toString(), one.facts().json().path("settings")));
    return all;
  }

  private Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    for (EvaluationSource source : files.sources()) {
      String of = files.sources().size() == 1 ? "" : " of " + source.directory();
      JsonNode json = source.facts().json();
      for (String key : List.of("started", "finished")) {
        if (json.has(key)) {
          facts.put(key + of, json.path(key).asText());
        }
      }
      for (String group : List.of("versions", "machine")) {
        json.path(group)
            .properties()
            .forEach(fact -> facts.put(fact.getKey() + of, fact.getValue().asText()));
      }
    }
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
