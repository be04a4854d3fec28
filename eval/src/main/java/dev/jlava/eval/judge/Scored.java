package dev.jlava.eval.judge;

import dev.jlava.eval.json.Row;
import dev.jlava.eval.judge.Pair.Order;
import java.util.List;

/// A verdict's scores and what they are of, without what was said.
///
/// @param question the question's id
public record Scored(String question, Order order, ScorePair scores) {
  /// A line of `reviews.jsonl`. One that does not name its order is LLaVA's own, with the reference
  /// first.
  public static Scored of(Row review) {
    List<Row> scores = review.list("tuple");
    return new Scored(
        review.id("question_id"),
        review.has("order") ? ReviewFiles.order(review.text("order")) : Order.REFERENCE_FIRST,
        new ScorePair(scores.get(0).json().asDouble(), scores.get(1).json().asDouble()));
  }

  boolean failed() {
    return scores.failed();
  }
}
