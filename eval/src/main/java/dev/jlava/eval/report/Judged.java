package dev.jlava.eval.report;

import dev.jlava.eval.report.EvaluationData.Range;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a judge's verdicts on a model's answers to a task are worth.
///
/// @param scored verdicts with scores
/// @param failed those without
/// @param missing those that did not come
/// @param failures why there are no scores, and how often
/// @param bias what the first place is worth, in points; null where no question has scores in both
///   orders
/// @param flipped questions whose preferred answer changes with the order
/// @param undecided those where one order alone prefers an answer
/// @param samplePairs pairs of samples of the same question and order
/// @param sameWinner those that prefer the same answer
/// @param doubts why the figure is to be read with care
/// @param tokens read and written by the judge, those of kept replies too
/// @param seconds the judge's, requests one after the other
/// @param cost in the unit of the judge's prices, of kept replies too; null without prices
public record Judged(
    String task,
    String model,
    String judge,
    int scored,
    int failed,
    int missing,
    Map<String, Integer> failures,
    @Nullable Range bias,
    int flipped,
    int undecided,
    int samplePairs,
    int sameWinner,
    List<String> doubts,
    long tokens,
    double seconds,
    @Nullable Double cost,
    List<Disagreement> disagreements) {
  public Judged {
    doubts = List.copyOf(doubts);
    disagreements = List.copyOf(disagreements);
  }

  /// A question on which the judge disagrees with itself.
  ///
  /// @param spread largest minus smallest lead of the model's answer, in points
  public record Disagreement(String questionId, String category, boolean flips, double spread) {}
}
