package dev.jlava.eval.report;

import dev.jlava.eval.stats.Interval;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Everything the report of an evaluation says, but for the answers, which stay where they are.
///
/// @param command how to do it again, as typed
/// @param settings with every default written out, as JSON
/// @param facts what else to know to do it again, in order
/// @param published null where no task has a published figure
/// @param judged where a judge scored a model's answers to a task
public record EvaluationData(
    String title,
    boolean finished,
    String command,
    String settings,
    Map<String, String> facts,
    List<String> models,
    List<Task> tasks,
    @Nullable Published published,
    List<Judged> judged,
    List<Cost> costs) {

  public EvaluationData {
    facts = new LinkedHashMap<>(facts);
    models = List.copyOf(models);
    tasks = List.copyOf(tasks);
    judged = List.copyOf(judged);
    costs = List.copyOf(costs);
  }

  /// What is to be said of the figure of a model's answers to a task.
  List<String> doubts(String task, String model) {
    return judged.stream()
        .filter(one -> one.task().equals(task) && one.model().equals(model))
        .flatMap(one -> one.doubts().stream())
        .toList();
  }

  /// One benchmark.
  ///
  /// @param figure name of the headline
  /// @param unit of the headline
  /// @param results one a model
  /// @param categories empty where there are none
  /// @param pairs each two models
  public record Task(
      String name,
      String type,
      int questions,
      String figure,
      String unit,
      List<Result> results,
      List<Category> categories,
      List<Pair> pairs) {}

  /// How a model did.
  ///
  /// @param answered how many questions
  /// @param headline the number of the benchmark's own script; null where there is none
  /// @param mean of the questions' values, in percent, with its interval; null where there are none
  /// @param sameFigure whether the headline is that mean, so that the interval is the headline's
  /// @param failed answers that are empty or whose verdicts cannot be read
  /// @param text what the benchmark's own script prints
  public record Result(
      int answered,
      @Nullable Double headline,
      @Nullable Range mean,
      boolean sameFigure,
      int failed,
      String text,
      List<String> notes) {}

  /// A mean in percent and its 95 % bootstrap interval over questions.
  ///
  /// @param low null where one question alone does not say
  public record Range(double mean, @Nullable Double low, @Nullable Double high, int questions) {
    static Optional<Range> of(Interval interval, int questions) {
      return Double.isNaN(interval.estimate())
          ? Optional.empty()
          : Optional.of(
              new Range(
                  interval.estimate(),
                  Double.isNaN(interval.low()) ? null : interval.low(),
                  Double.isNaN(interval.high()) ? null : interval.high(),
                  questions));
    }
  }

  /// A category's means, one a model; null where a model has none.
  public record Category(String name, List<@Nullable Range> means) {
    public Category {
      means = Collections.unmodifiableList(new ArrayList<>(means));
    }
  }

  /// Two models on the questions that both have a value for.
  ///
  /// @param difference of the second to the first
  /// @param chance that so large a difference comes by luck: a paired permutation test
  public record Pair(String first, String second, Range difference, double chance) {}

  /// What a model's answers to a task took.
  public record Cost(
      String model, String task, int answers, long promptTokens, long newTokens, double seconds) {}
}
