package dev.jlava.eval.judge;

import dev.jlava.eval.judge.Pair.Order;
import dev.jlava.eval.stats.Bootstrap;
import dev.jlava.eval.stats.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// How far the judge agrees with itself when the answers change places, and when it is asked again.
///
/// @param bias how many points the first place is worth: half of what the model's lead shrinks by
///   when it goes second instead of first; NaN where no question was asked both ways
/// @param bothWays questions with scores in both orders
/// @param flipped those where one order prefers one answer and the other order the other
/// @param tied those where only one of the two orders prefers an answer
/// @param samplePairs pairs of samples of the same question and order
/// @param sameWinner those that prefer the same answer, or none
public record Consistency(
    Interval bias, int bothWays, int flipped, int tied, int samplePairs, int sameWinner) {
  /// Of verdicts in any order; those without scores say nothing.
  public static Consistency of(List<Scored> verdicts, Bootstrap bootstrap) {
    List<Double> biases = new ArrayList<>();
    int flipped = 0;
    int tied = 0;
    int[] samples = new int[2];
    Map<String, List<Scored>> byQuestion =
        verdicts.stream()
            .collect(
                Collectors.groupingBy(Scored::question, LinkedHashMap::new, Collectors.toList()));
    for (List<Scored> own : byQuestion.values()) {
      double[] referenceFirst = leads(own, Order.REFERENCE_FIRST);
      double[] modelFirst = leads(own, Order.MODEL_FIRST);
      count(referenceFirst, samples);
      count(modelFirst, samples);
      if (referenceFirst.length > 0 && modelFirst.length > 0) {
        double second = mean(referenceFirst);
        double first = mean(modelFirst);
        biases.add((first - second) / 2);
        flipped += first * second < 0 ? 1 : 0;
        tied += first * second == 0 && first != second ? 1 : 0;
      }
    }
    double[] each = biases.stream().mapToDouble(Double::doubleValue).toArray();
    return new Consistency(
        bootstrap.mean(each), each.length, flipped, tied, samples[0], samples[1]);
  }

  /// Whether a question's verdicts prefer one answer in one order and the other in the other.
  static boolean flips(List<Scored> verdicts) {
    double[] referenceFirst = leads(verdicts, Order.REFERENCE_FIRST);
    double[] modelFirst = leads(verdicts, Order.MODEL_FIRST);
    return referenceFirst.length > 0
        && modelFirst.length > 0
        && mean(referenceFirst) * mean(modelFirst) < 0;
  }

  private static double[] leads(List<Scored> verdicts, Order order) {
    return verdicts.stream()
        .filter(v -> v.order() == order && !v.failed())
        .mapToDouble(v -> v.scores().lead())
        .toArray();
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /// @param samples counts pairs, and among them those of one mind
  private static void count(double[] leads, int[] samples) {
    for (int i = 0; i < leads.length; i++) {
      for (int k = 0; k < i; k++) {
        samples[0]++;
        samples[1] += Math.signum(leads[i]) == Math.signum(leads[k]) ? 1 : 0;
      }
    }
  }
}
