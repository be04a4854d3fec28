package dev.jlava.eval.report;

import dev.jlava.eval.report.EvaluationData.Pair;
import dev.jlava.eval.report.RunData.Tally;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a comparison of runs says.
///
/// @param settings keys of the recipes whose values differ
/// @param stages of all runs, in the order met
/// @param pairs how each two runs answered the same held-out questions; empty where they were not
///   asked the same
public record ComparisonData(
    List<Run> runs, List<Setting> settings, List<Stage> stages, List<Pair> pairs) {

  /// A run.
  ///
  /// @param label that tells it from the others
  /// @param kinds right answers of the last evaluation by kind of question; empty where there is
  ///   none
  public record Run(
      String label,
      String path,
      boolean finished,
      String begun,
      String commit,
      Map<String, Tally> kinds) {}

  /// A key of the recipes.
  ///
  /// @param values one a run; null where the run does not have the key
  public record Setting(String key, List<@Nullable String> values) {
    public Setting {
      values = Collections.unmodifiableList(new ArrayList<>(values));
    }
  }

  /// A stage.
  ///
  /// @param metrics one a run; null where the run does not have the stage or has not begun it
  /// @param curves one a run, without steps where the run does not have the stage
  public record Stage(String name, List<@Nullable Metrics> metrics, List<RunData.Stage> curves) {
    public Stage {
      metrics = Collections.unmodifiableList(new ArrayList<>(metrics));
    }
  }

  /// A stage in numbers.
  ///
  /// @param lastLoss mean of the last ten steps
  /// @param heldOutLoss the last; null where it was not measured
  /// @param tokensPerSecond the median
  public record Metrics(
      int steps,
      double firstLoss,
      double lastLoss,
      @Nullable Double heldOutLoss,
      double tokensPerSecond,
      double seconds,
      double peakMemoryMb) {}
}
