package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.judge.Consistency;
import dev.jlava.eval.judge.Doubts;
import dev.jlava.eval.judge.Scored;
import dev.jlava.eval.report.EvaluationData.Range;
import dev.jlava.eval.report.EvaluationFiles.Answers;
import dev.jlava.eval.stats.Bootstrap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The verdicts on a model's answers to a task, summed up.
final class JudgedAnswers {
  private final List<Row> given;
  private final int missing;
  private final List<Row> disagreements;

  JudgedAnswers(Answers answers) {
    this.given = answers.reviews().stream().filter(row -> !row.has("error")).toList();
    this.missing = answers.reviews().size() - given.size();
    this.disagreements = answers.disagreements();
  }

  Judged of(String task, String model) {
    Map<String, Integer> failures = new TreeMap<>();
    given.stream()
        .filter(row -> row.has("failure"))
        .forEach(row -> failures.merge(row.text("failure"), 1, Integer::sum));
    int failed = failures.values().stream().mapToInt(Integer::intValue).sum();
    Consistency consistency =
        Consistency.of(given.stream().map(Scored::of).toList(), Bootstrap.STANDARD);
    return new Judged(
        task,
        model,
        given.stream()
            .map(row -> row.json().path("judge").asText())
            .distinct()
            .collect(Collectors.joining(", ")),
        given.size() - failed,
        failed,
        missing,
        failures,
        Range.of(consistency.bias(), consistency.bothWays()).orElse(null),
        consistency.flipped(),
        consistency.tied(),
        consistency.samplePairs(),
        consistency.sameWinner(),
        Doubts.of(given.size() + missing, failed + missing, consistency),
        (long) (sum("prompt_tokens") + sum("completion_tokens")),
        sum("seconds"),
        given.stream().anyMatch(row -> row.has("cost")) ? sum("cost") : null,
        disagreements.stream().map(row -> disagreement(row.json())).toList());
  }

  private static Judged.Disagreement disagreement(JsonNode row) {
    return new Judged.Disagreement(
        row.path("question_id").asText(),
        row.path("category").asText(),
        row.path("flips").asBoolean(),
        row.path("spread").asDouble());
  }

  private double sum(String key) {
    return given.stream().mapToDouble(row -> row.json().path(key).asDouble()).sum();
  }
}
