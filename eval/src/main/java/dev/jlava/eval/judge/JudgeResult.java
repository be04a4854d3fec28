package dev.jlava.eval.judge;

import dev.jlava.eval.judge.Pair.Order;
import dev.jlava.eval.judge.ReviewSummary.FailedReviews;
import dev.jlava.eval.judge.ReviewSummary.Review;
import dev.jlava.eval.stats.Bootstrap;
import dev.jlava.eval.stats.PairedTest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// What the judge's verdicts on some models amount to.
///
/// @param comparisons every two models
record JudgeResult(List<Model> models, List<Comparison> comparisons) {
  /// One model.
  ///
  /// @param reviews LLaVA's summary of the same reviews
  /// @param failures why verdicts have no scores, and how many
  /// @param leftOut questions without a verdict with scores in every order
  record Model(
      String label,
      ReviewSummary reviews,
      List<Standing> standings,
      Consistency consistency,
      List<Disagreement> disagreements,
      Judge.Verdicts verdicts,
      Map<String, Integer> failures,
      int leftOut) {
    long cached() {
      return verdicts.given().stream().filter(v -> v.reply().cached()).count();
    }

    int failed() {
      return failures.values().stream().mapToInt(Integer::intValue).sum();
    }

    List<String> doubts() {
      int missing = verdicts.missing().size();
      return Doubts.of(verdicts.given().size() + missing, failed() + missing, consistency);
    }
  }

  static JudgeResult of(Map<String, Judge.Verdicts> verdicts, Judge.Settings settings) {
    List<Model> models = new ArrayList<>();
    Map<String, Map<String, QuestionMean>> means = new LinkedHashMap<>();
    verdicts.forEach((label, own) -> {
      means.put(label, QuestionMean.all(own.given(), settings.orders()));
      models.add(model(label, own, settings));
    });
    List<Comparison> comparisons = new ArrayList<>();
    var all = List.copyOf(means.entrySet());
    for (int i = 0; i < all.size(); i++) {
      for (int k = i + 1; k < all.size(); k++) {
        comparisons.addAll(
            Comparison.of(all.get(i), all.get(k), Bootstrap.STANDARD, PairedTest.STANDARD));
      }
    }
    return new JudgeResult(models, comparisons);
  }

  private static Model model(String label, Judge.Verdicts verdicts, Judge.Settings settings) {
    List<Verdict> given = verdicts.given();
    List<Order> orders = settings.orders();
    Map<String, QuestionMean> means = QuestionMean.all(given, orders);
    Map<String, Integer> failures = new TreeMap<>();
    given.forEach(v -> v.failure().ifPresent(why -> failures.merge(why, 1, Integer::sum)));
    List<Review> reviews =
        given.stream().map(v -> new Review(Optional.of(v.pair().category()), v.scores())).toList();
    return new Model(
        label,
        ReviewSummary.of(reviews, settings.compat() ? FailedReviews.LLAVA : FailedReviews.EXCLUDE),
        Standing.of(means.values(), Bootstrap.STANDARD),
        Consistency.of(given.stream().map(Verdict::scored).toList(), Bootstrap.STANDARD),
        Disagreement.of(given),
        verdicts,
        failures,
        asked(verdicts) - means.size());
  }

  /// Every question has verdicts, given or missing.
  private static int asked(Judge.Verdicts verdicts) {
    Set<String> ids = new HashSet<>();
    verdicts.given().forEach(verdict -> ids.add(verdict.pair().id()));
    verdicts.missing().forEach(missing -> ids.add(missing.pair().id()));
    return ids.size();
  }
}
