package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.report.EvaluationData.Category;
import dev.jlava.eval.report.EvaluationData.Pair;
import dev.jlava.eval.report.EvaluationData.Range;
import dev.jlava.eval.report.EvaluationData.Result;
import dev.jlava.eval.report.EvaluationFiles.Answers;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The figures of one task: what its script says, means with intervals, comparisons of models.
final class TaskFigures {
  /// Headlines are rounded to a digit, after means to three.
  private static final double ROUNDING = 0.07;

  private final EvaluationFiles files;
  private final int task;
  private final List<String> categories = new ArrayList<>();
  private final List<@Nullable Double[]> values = new ArrayList<>();
  private final List<Shares> shares = new ArrayList<>();

  TaskFigures(EvaluationFiles files, int task) {
    this.files = files;
    this.task = task;
    for (Row line : files.longest(task)) {
      categories.add(line.json().path("category").asText());
    }
    for (EvaluationFiles.Model model : files.models()) {
      Optional<Answers> answers = model.tasks().get(task);
      Double[] own = values(answers);
      values.add(own);
      boolean judged = answers.map(a -> !a.reviews().isEmpty()).orElse(false);
      shares.add(judged ? Shares.judged(answers.orElseThrow()) : Shares.of(own));
    }
  }

  /// What each question is worth, as the score says; also learns categories from it.
  private @Nullable Double[] values(Optional<Answers> answers) {
    Double[] all = new Double[categories.size()];
    JsonNode marks =
        answers
            .flatMap(Answers::score)
            .map(score -> score.path("per_question"))
            .orElse(MissingNode.getInstance());
    for (int i = 0; i < Math.min(all.length, marks.size()); i++) {
      JsonNode mark = marks.get(i);
      all[i] = mark.path("value").isNumber() ? mark.path("value").asDouble() : null;
      if (mark.hasNonNull("category")) {
        categories.set(i, mark.path("category").asText());
      }
    }
    return all;
  }

  /// What a model's answer to a question is worth; null where it has no value.
  @Nullable Double value(int model, int question) {
    return values.get(model)[question];
  }

  String category(int question) {
    return categories.get(question);
  }

  /// @param failed answers of each model
  EvaluationData.Task data(List<Integer> failed) {
    JsonNode headline = headlines().findFirst().orElse(MissingNode.getInstance());
    List<Result> results = new ArrayList<>();
    for (int model = 0; model < shares.size(); model++) {
      results.add(result(model, failed.get(model)));
    }
    return new EvaluationData.Task(
        files.tasks().get(task),
        files.type(task),
        categories.size(),
        headline.path("name").asText(),
        headline.path("unit").asText(),
        results,
        byCategory(),
        pairs());
  }

  private Stream<JsonNode> headlines() {
    return files.models().stream()
        .flatMap(model -> model.tasks().get(task).flatMap(Answers::score).stream())
        .map(score -> score.path("headline"))
        .filter(JsonNode::isObject);
  }

  private Result result(int model, int failed) {
    Optional<Answers> answers = files.models().get(model).tasks().get(task);
    JsonNode score = answers.flatMap(Answers::score).orElse(MissingNode.getInstance());
    JsonNode headline = score.at("/headline/value");
    Double figure = headline.isNumber() ? headline.asDouble() : null;
    Range mean = shares.get(model).range(question -> true).orElse(null);
    return new Result(
        answers.map(a -> a.lines().size()).orElse(0),
        figure,
        mean,
        figure != null && mean != null && Math.abs(figure - mean.mean()) < ROUNDING,
        failed,
        score.path("text").asText(),
        score.path("notes").valueStream().map(JsonNode::asText).toList());
  }

  private List<Category> byCategory() {
    Set<String> names = new LinkedHashSet<>(categories);
    List<Category> all = new ArrayList<>();
    for (String name : names.size() < 2 ? Set.<String>of() : names) {
      IntPredicate own = question -> categories.get(question).equals(name);
      List<@Nullable Range> means = new ArrayList<>();
      shares.forEach(share -> means.add(share.range(own).orElse(null)));
      if (means.stream().anyMatch(mean -> mean != null)) {
        all.add(new Category(name.isEmpty() ? "(none)" : name, means));
      }
    }
    return all;
  }

  private List<Pair> pairs() {
    List<Pair> pairs = new ArrayList<>();
    IntStream.range(0, shares.size())
        .forEach(first ->
            IntStream.range(first + 1, shares.size())
                .forEach(second -> pair(first, second).ifPresent(pairs::add)));
    return pairs;
  }

  private Optional<Pair> pair(int first, int second) {
    Shares before = shares.get(first);
    Shares after = shares.get(second);
    return before
        .rangeOfGain(after)
        .map(gain ->
            new Pair(
                files.models().get(first).label(),
                files.models().get(second).label(),
                gain,
                before.chanceOfGain(after)));
  }
}
