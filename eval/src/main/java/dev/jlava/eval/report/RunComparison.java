package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.WholeFile;
import dev.jlava.eval.page.Pictures;
import dev.jlava.eval.report.ComparisonData.Metrics;
import dev.jlava.eval.report.EvaluationData.Pair;
import dev.jlava.eval.task.Evaluation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Several runs side by side, finished or not: curves over each other, what their recipes differ
/// in, metrics, and their last evaluations. `comparison.html`, `.json` and `.md`.
public final class RunComparison {
  /// Steps that the last loss is the mean of.
  private static final int LAST = 10;

  private final List<RunFiles> runs;
  private final List<String> labels;
  private final List<Optional<Evaluation>> evaluations;

  private RunComparison(List<RunFiles> runs) {
    this.runs = runs;
    this.labels = DirectoryNames.of(runs.stream().map(RunFiles::path).toList());
    this.evaluations =
        runs.stream()
            .map(run ->
                run.evaluations().stream().filter(e -> !e.control()).reduce((_, last) -> last))
            .toList();
  }

  /// Writes the comparison and gives the page's path.
  ///
  /// @param output a directory, made if it is not there
  public static Path write(List<Path> directories, Path output) {
    RunComparison comparison = new RunComparison(directories.stream().map(RunFiles::open).toList());
    ComparisonData data = comparison.data();
    Path page = output.resolve("comparison.html");
    Pictures pictures = new Pictures(RunPage.PICTURES);
    try {
      Files.createDirectories(output);
      ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      WholeFile.write(output.resolve("comparison.json"), json.writeValueAsString(data) + "\n");
      WholeFile.write(output.resolve("comparison.md"), ComparisonText.of(data));
      WholeFile.write(page, ComparisonPage.html(data, comparison.sameQuestions(), pictures));
    } catch (IOException e) {
      throw new DataException(output + ": the comparison cannot be written (" + e + ")", e);
    }
    return page;
  }

  private ComparisonData data() {
    List<ComparisonData.Run> all = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      RunFiles run = runs.get(i);
      JsonNode facts = run.facts();
      all.add(
          new ComparisonData.Run(
              labels.get(i),
              run.path().toString(),
              run.finished(),
              facts.path("begun").asText(),
              facts.at("/versions/jlava").asText(),
              evaluations
                  .get(i)
                  .map(RunReport::tallies)
                  .map(RunData.Evaluation::kinds)
                  .orElse(Map.of())));
    }
    return new ComparisonData(all, settings(), stages(), pairs());
  }

  private List<ComparisonData.Setting> settings() {
    Set<String> keys = new TreeSet<>();
    runs.forEach(run -> keys.addAll(run.settings().keySet()));
    List<ComparisonData.Setting> differing = new ArrayList<>();
    for (String key : keys) {
      List<@Nullable String> values = new ArrayList<>();
      runs.forEach(run -> values.add(run.settings().get(key)));
      if (Collections.frequency(values, values.getFirst()) < values.size()) {
        differing.add(new ComparisonData.Setting(key, values));
      }
    }
    return differing;
  }

  private List<ComparisonData.Stage> stages() {
    Map<String, List<RunData.Stage>> curves = new LinkedHashMap<>();
    runs.forEach(run -> run.stages().forEach(stage -> curves.put(stage, new ArrayList<>())));
    List<Map<String, RunData.Cost>> costs = new ArrayList<>();
    for (RunFiles run : runs) {
      Map<String, RunData.Stage> own = new LinkedHashMap<>();
      run.curves().forEach(stage -> own.put(stage.name(), stage));
      curves.forEach((stage, all) -> all.add(own.getOrDefault(stage, RunData.Stage.empty(stage))));
      costs.add(run.costs());
    }
    List<ComparisonData.Stage> stages = new ArrayList<>();
    curves.forEach((stage, all) -> {
      List<@Nullable Metrics> metrics = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        metrics.add(metrics(all.get(i), costs.get(i).get(stage)));
      }
      stages.add(new ComparisonData.Stage(stage, metrics, all));
    });
    return stages;
  }

  private static @Nullable Metrics metrics(RunData.Stage stage, RunData.@Nullable Cost cost) {
    List<RunData.Step> steps = stage.steps();
    if (steps.isEmpty() || cost == null) {
      return null;
    }
    List<RunData.Step> last = steps.subList(Math.max(0, steps.size() - LAST), steps.size());
    Double memory = cost.peakMemoryMb();
    double[] speeds = steps.stream().mapToDouble(RunData.Step::tokensPerSecond).sorted().toArray();
    return new Metrics(
        steps.size(),
        steps.getFirst().loss(),
        last.stream().mapToDouble(RunData.Step::loss).average().orElseThrow(),
        stage.validation().isEmpty() ? null : stage.validation().getLast().loss(),
        speeds[speeds.length / 2],
        cost.seconds(),
        memory == null ? 0 : memory);
  }

  /// The last evaluations, one a run, if all runs answered the same questions; else none.
  private List<Evaluation> sameQuestions() {
    List<Evaluation> all = evaluations.stream().flatMap(Optional::stream).toList();
    boolean same =
        all.size() == runs.size()
            && all.stream()
                    .map(e -> e.answers().stream().map(Evaluation.Answered::id).toList())
                    .distinct()
                    .count()
                == 1;
    if (!same) {
      return List.of();
    }
    List<Evaluation> labelled = new ArrayList<>();
    for (Evaluation one : all) {
      String label = labels.get(labelled.size());
      labelled.add(new Evaluation(label, false, one.seconds(), one.answers()));
    }
    return labelled;
  }

  private List<Pair> pairs() {
    List<Evaluation> same = sameQuestions();
    List<Pair> pairs = new ArrayList<>();
    for (int first = 0; first < same.size(); first++) {
      for (int second = first + 1; second < same.size(); second++) {
        Shares before = shares(same.get(first));
        Shares after = shares(same.get(second));
        String a = labels.get(first);
        String b = labels.get(second);
        before
            .rangeOfGain(after)
            .ifPresent(gain -> pairs.add(new Pair(a, b, gain, before.chanceOfGain(after))));
      }
    }
    return pairs;
  }

  private static Shares shares(Evaluation evaluation) {
    return Shares.of(
        evaluation.answers().stream().map(a -> a.right() ? 1.0 : 0.0).toArray(Double[]::new));
  }
}
