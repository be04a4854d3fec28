package dev.jlava.eval.judge;

import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.stats.Bootstrap;
import dev.jlava.eval.stats.Interval;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/// How a model stands beside the reference in one category.
///
/// @param questions those that count
/// @param reference the reference's mean score
/// @param model the model's
/// @param relative the model's in percent of the reference's; its interval draws questions
/// @param better questions where the model's score is the higher one
record Standing(
    String category,
    int questions,
    double reference,
    double model,
    Interval relative,
    int better,
    int equal,
    int worse) {

  /// Over all, then by category.
  static List<Standing> of(Collection<QuestionMean> means, Bootstrap bootstrap) {
    List<Standing> standings = new ArrayList<>();
    byCategory(means).forEach((category, scores) -> standings.add(of(category, scores, bootstrap)));
    return standings;
  }

  /// The scores of each category, and of [ReviewSummary#ALL].
  static SortedMap<String, List<ScorePair>> byCategory(Collection<QuestionMean> means) {
    SortedMap<String, List<ScorePair>> byCategory = new TreeMap<>(PythonText.ORDER);
    for (QuestionMean mean : means) {
      byCategory.computeIfAbsent(ReviewSummary.ALL, key -> new ArrayList<>()).add(mean.scores());
      byCategory
          .computeIfAbsent(mean.pair().category(), key -> new ArrayList<>())
          .add(mean.scores());
    }
    return byCategory;
  }

  private static Standing of(String category, List<ScorePair> scores, Bootstrap bootstrap) {
    return new Standing(
        category,
        scores.size(),
        mean(scores, ScorePair::first),
        mean(scores, ScorePair::second),
        bootstrap.of(scores.size(), drawn -> relative(scores, drawn)),
        count(scores, 1),
        count(scores, 0),
        count(scores, -1));
  }

  private static double mean(List<ScorePair> scores, ToDoubleFunction<ScorePair> score) {
    return scores.stream().mapToDouble(score).sum() / scores.size();
  }

  private static int count(List<ScorePair> scores, int sign) {
    return (int) scores.stream().filter(s -> Double.compare(s.second(), s.first()) == sign).count();
  }

  /// Percent, over the questions drawn.
  static double relative(List<ScorePair> scores, int[] drawn) {
    double first = 0;
    double second = 0;
    for (int i : drawn) {
      first += scores.get(i).first();
      second += scores.get(i).second();
    }
    return 100 * second / first;
  }
}
