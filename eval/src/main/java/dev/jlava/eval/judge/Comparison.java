package dev.jlava.eval.judge;

import dev.jlava.eval.stats.Bootstrap;
import dev.jlava.eval.stats.Interval;
import dev.jlava.eval.stats.PairedTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Two models' relative scores on the questions that count for both.
///
/// @param difference first minus second, in percent points; its interval draws questions for both
///   together
/// @param chance of a difference as large if the two models were alike
record Comparison(
    String first,
    String second,
    String category,
    int questions,
    Interval difference,
    double chance) {

  /// Over all, then by category.
  static List<Comparison> of(
      Map.Entry<String, Map<String, QuestionMean>> first,
      Map.Entry<String, Map<String, QuestionMean>> second,
      Bootstrap bootstrap,
      PairedTest test) {
    List<QuestionMean> ones = new ArrayList<>();
    List<QuestionMean> twos = new ArrayList<>();
    first
        .getValue()
        .forEach((id, mean) -> {
          QuestionMean other = second.getValue().get(id);
          if (other != null) {
            ones.add(mean);
            twos.add(other);
          }
        });
    Map<String, List<ScorePair>> others = Standing.byCategory(twos);
    List<Comparison> comparisons = new ArrayList<>();
    Standing.byCategory(ones)
        .forEach((category, own) -> {
          List<ScorePair> other = others.getOrDefault(category, List.of());
          comparisons.add(
              new Comparison(
                  first.getKey(),
                  second.getKey(),
                  category,
                  own.size(),
                  bootstrap.of(
                      own.size(),
                      drawn -> Standing.relative(own, drawn) - Standing.relative(other, drawn)),
                  test.pValue(own.size(), swapped -> difference(own, other, swapped))));
        });
    return comparisons;
  }

  private static double difference(List<ScorePair> ones, List<ScorePair> twos, boolean[] swapped) {
    double[] sums = new double[4];
    for (int i = 0; i < swapped.length; i++) {
      ScorePair one = swapped[i] ? twos.get(i) : ones.get(i);
      ScorePair two = swapped[i] ? ones.get(i) : twos.get(i);
      sums[0] += one.first();
      sums[1] += one.second();
      sums[2] += two.first();
      sums[3] += two.second();
    }
    return 100 * (sums[1] / sums[0] - sums[3] / sums[2]);
  }
}
