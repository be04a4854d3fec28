package dev.jlava.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.eval.judge.ReviewSummary.FailedReviews;
import dev.jlava.eval.judge.ReviewSummary.Line;
import dev.jlava.eval.judge.ReviewSummary.Review;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ReviewSummaryTest {
  private static final List<Review> REVIEWS =
      List.of(
          new Review(Optional.of("conv"), new ScorePair(8, 6)),
          new Review(Optional.of("conv"), ScorePair.FAILED),
          new Review(Optional.of("detail"), ScorePair.FAILED));

  @Test
  void aFailedReviewCountsAsMinusOneInLlava() {
    ReviewSummary summary = ReviewSummary.of(REVIEWS, FailedReviews.LLAVA);
    assertThat(summary.lines())
        .containsExactly(
            new Line("all", 2, 1.333, 3, 2),
            new Line("conv", 3.5, 2.5, 2, 1),
            new Line("detail", -1, -1, 1, 1));
    assertThat(summary.text())
        .isEqualTo("all 66.6 20.0 13.3\nconv 71.4 35.0 25.0\ndetail 100.0 -10.0 -10.0\n");
  }

  @Test
  void aFailedReviewIsCountedAndLeftOut() {
    ReviewSummary summary = ReviewSummary.of(REVIEWS, FailedReviews.EXCLUDE);
    assertThat(summary.lines())
        .containsExactly(
            new Line("all", 8, 6, 3, 2),
            new Line("conv", 8, 6, 2, 1),
            new Line("detail", Double.NaN, Double.NaN, 1, 1));
    assertThat(summary.text())
        .isEqualTo("all 75.0 80.0 60.0\nconv 75.0 80.0 60.0\ndetail nan nan nan\n");
  }
}
