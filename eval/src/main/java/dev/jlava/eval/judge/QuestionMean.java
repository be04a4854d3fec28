package dev.jlava.eval.judge;

import dev.jlava.eval.judge.Pair.Order;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One question's scores over all verdicts: the mean of each order's mean, so that neither order
/// weighs more where a verdict failed.
///
/// @param scores the reference's and the model's
record QuestionMean(Pair pair, ScorePair scores) {
  /// A question counts if every order that was asked has a verdict with scores.
  static Optional<QuestionMean> of(List<Verdict> verdicts, List<Order> orders) {
    double first = 0;
    double second = 0;
    for (Order order : orders) {
      List<Verdict> scored =
          verdicts.stream().filter(v -> v.order() == order && !v.failed()).toList();
      if (scored.isEmpty()) {
        return Optional.empty();
      }
      first += scored.stream().mapToDouble(v -> v.scores().first()).sum() / scored.size();
      second += scored.stream().mapToDouble(v -> v.scores().second()).sum() / scored.size();
    }
    ScorePair mean = new ScorePair(first / orders.size(), second / orders.size());
    return Optional.of(new QuestionMean(verdicts.getFirst().pair(), mean));
  }

  /// Every question that counts, by its id.
  static Map<String, QuestionMean> all(List<Verdict> verdicts, List<Order> orders) {
    Map<String, QuestionMean> means = new LinkedHashMap<>();
    byQuestion(verdicts)
        .forEach((id, own) -> of(own, orders).ifPresent(mean -> means.put(id, mean)));
    return means;
  }

  /// Verdicts by their question's id, in order.
  static Map<String, List<Verdict>> byQuestion(List<Verdict> verdicts) {
    Map<String, List<Verdict>> byQuestion = new LinkedHashMap<>();
    for (Verdict verdict : verdicts) {
      byQuestion.computeIfAbsent(verdict.pair().id(), id -> new ArrayList<>()).add(verdict);
    }
    return byQuestion;
  }
}
