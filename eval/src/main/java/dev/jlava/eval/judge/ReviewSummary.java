package dev.jlava.eval.judge;

import dev.jlava.eval.compat.PythonNumbers;
import dev.jlava.eval.compat.PythonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/// Relative scores of a file of reviews, by category and over all: how many percent of the
/// reference's mean score the model's is.
///
/// @param lines sorted by category
public record ReviewSummary(List<Line> lines) {
  /// The category of all reviews together.
  public static final String ALL = "all";

  /// What happens to reviews without scores.
  public enum FailedReviews {
    /// They count with -1 for both answers, as in the original LLaVA.
    LLAVA,
    /// They are counted, and left out of the means.
    EXCLUDE
  }

  /// One review.
  ///
  /// @param category empty for reviews of no category
  public record Review(Optional<String> category, ScorePair scores) {}

  /// One category. Means are rounded to three digits, as LLaVA rounds them before dividing.
  ///
  /// @param first mean score of the reference answers; NaN when no review counts
  /// @param second mean score of the model's answers
  /// @param reviews all of the category
  /// @param failed those without scores
  public record Line(String category, double first, double second, int reviews, int failed) {
    /// Percent, one digit; NaN when the reference's mean is 0 or no review counts.
    public double relative() {
      return first == 0 ? Double.NaN : PythonNumbers.round(second / first * 100, 1);
    }
  }

  public ReviewSummary {
    lines = List.copyOf(lines);
  }

  /// Averages reviews.
  public static ReviewSummary of(List<Review> reviews, FailedReviews failed) {
    SortedMap<String, List<ScorePair>> byCategory = new TreeMap<>(PythonText.ORDER);
    for (Review review : reviews) {
      review
          .category()
          .ifPresent(category ->
              byCategory.computeIfAbsent(category, key -> new ArrayList<>()).add(review.scores()));
      byCategory.computeIfAbsent(ALL, key -> new ArrayList<>()).add(review.scores());
    }
    List<Line> lines = new ArrayList<>();
    byCategory.forEach((category, scores) -> lines.add(line(category, scores, failed)));
    return new ReviewSummary(lines);
  }

  private static Line line(String category, List<ScorePair> scores, FailedReviews failed) {
    List<ScorePair> counted =
        switch (failed) {
          case LLAVA -> scores;
          case EXCLUDE -> scores.stream().filter(pair -> !pair.failed()).toList();
        };
    int failures = (int) scores.stream().filter(ScorePair::failed).count();
    return new Line(
        category,
        mean(counted, ScorePair::first),
        mean(counted, ScorePair::second),
        scores.size(),
        failures);
  }

  /// Adds in file order, as numpy does along the first axis.
  private static double mean(List<ScorePair> scores, ToDoubleFunction<ScorePair> score) {
    double sum = 0;
    for (ScorePair pair : scores) {
      sum += score.applyAsDouble(pair);
    }
    return PythonNumbers.round(sum / scores.size(), 3);
  }

  /// LLaVA's text: `category relative reference*10 model*10`, a line each.
  public String text() {
    StringBuilder text = new StringBuilder();
    for (Line line : lines) {
      text.append(line.category())
          .append(' ')
          .append(PythonNumbers.repr(line.relative()))
          .append(' ')
          .append(PythonNumbers.repr(PythonNumbers.round(line.first() * 10, 1)))
          .append(' ')
          .append(PythonNumbers.repr(PythonNumbers.round(line.second() * 10, 1)))
          .append('\n');
    }
    return text.toString();
  }
}
