package dev.jlava.eval.judge;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;

/// A question on which the judge disagrees with itself, for a human to look at.
///
/// @param flips whether the preferred answer changes with the order
/// @param spread largest minus smallest lead of the model's answer, in points
record Disagreement(Pair pair, boolean flips, double spread, List<Verdict> verdicts) {
  /// Verdicts closer together than this are no disagreement.
  private static final double LEAST_SPREAD = 2;

  /// Flips first, then by spread.
  static List<Disagreement> of(List<Verdict> verdicts) {
    List<Disagreement> found = new ArrayList<>();
    for (List<Verdict> own : QuestionMean.byQuestion(verdicts).values()) {
      DoubleSummaryStatistics leads =
          own.stream()
              .filter(v -> !v.failed())
              .mapToDouble(v -> v.scores().lead())
              .summaryStatistics();
      boolean flips = Consistency.flips(own.stream().map(Verdict::scored).toList());
      double spread = leads.getCount() < 2 ? 0 : leads.getMax() - leads.getMin();
      if (flips || spread >= LEAST_SPREAD) {
        found.add(new Disagreement(own.getFirst().pair(), flips, spread, own));
      }
    }
    found.sort(
        Comparator.comparing((Disagreement one) -> !one.flips())
            .thenComparingDouble(one -> -one.spread()));
    return found;
  }
}
