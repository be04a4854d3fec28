package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.report.EvaluationData.Range;
import dev.jlava.eval.report.EvaluationFiles.Answers;
import dev.jlava.eval.stats.Bootstrap;
import dev.jlava.eval.stats.PairedTest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A model's figure in percent as the sum of the questions' parts over the sum of their wholes: a
/// mean where each whole is 1; the relative score of LLaVA where a part is the judge's score of the
/// model and a whole that of the reference.
///
/// @param parts NaN for a question without a value
record Shares(double[] parts, double[] wholes) {
  /// Where questions are many, fewer draws do: so many values are drawn for a figure at most.
  private static final long MOST_DRAWN = 50_000_000;

  private static final int LEAST_DRAWS = 1000;

  /// The mean of values from 0 to 1; null for a question that has none.
  static Shares of(@Nullable Double[] values) {
    double[] parts = Arrays.stream(values).mapToDouble(v -> v == null ? Double.NaN : v).toArray();
    double[] wholes = new double[parts.length];
    Arrays.fill(wholes, 1);
    return new Shares(parts, wholes);
  }

  /// The relative score of answers by a judge's verdicts. A question counts if every order that was
  /// asked has a verdict with scores; its scores are the means of the orders' means.
  static Shares judged(Answers answers) {
    Map<String, Map<String, double[]>> sums = new HashMap<>();
    Set<String> orders = new HashSet<>();
    for (Row review : answers.reviews()) {
      String order = review.json().path("order").asText();
      orders.add(order);
      JsonNode scores = review.json().path("tuple");
      if (scores.path(0).asDouble(-1) >= 0 && scores.path(1).asDouble(-1) >= 0) {
        double[] sum =
            sums.computeIfAbsent(review.id("question_id"), id -> new HashMap<>())
                .computeIfAbsent(order, name -> new double[3]);
        sum[0] += scores.get(0).asDouble();
        sum[1] += scores.get(1).asDouble();
        sum[2]++;
      }
    }
    int questions = answers.lines().size();
    Shares shares = new Shares(new double[questions], new double[questions]);
    for (int i = 0; i < questions; i++) {
      Map<String, double[]> own =
          sums.getOrDefault(answers.lines().get(i).id("question_id"), Map.of());
      boolean counts = own.size() == orders.size();
      shares.wholes[i] = counts ? mean(own, 0) : Double.NaN;
      shares.parts[i] = counts ? mean(own, 1) : Double.NaN;
    }
    return shares;
  }

  private static double mean(Map<String, double[]> byOrder, int which) {
    return byOrder.values().stream()
        .mapToDouble(sum -> sum[which] / sum[2])
        .average()
        .orElse(Double.NaN);
  }

  /// The figure of some of the questions.
  Optional<Range> range(IntPredicate wanted) {
    int[] known = known(this).filter(wanted).toArray();
    return Range.of(
        bootstrap(known.length).of(known.length, drawn -> percent(drawn, known, this)),
        known.length);
  }

  /// How much more another model has, on the questions that both have a value for.
  Optional<Range> rangeOfGain(Shares other) {
    int[] both = known(other).toArray();
    return Range.of(
        bootstrap(both.length)
            .of(both.length, drawn -> percent(drawn, both, other) - percent(drawn, both, this)),
        both.length);
  }

  /// The chance that luck makes such a difference.
  double chanceOfGain(Shares other) {
    int[] both = known(other).toArray();
    PairedTest standard = PairedTest.STANDARD;
    return new PairedTest(draws(both.length, standard.draws()), standard.seed())
        .pValue(both.length, swapped -> gain(other, both, swapped));
  }

  private double gain(Shares other, int[] both, boolean[] swapped) {
    double part = 0;
    double whole = 0;
    double otherPart = 0;
    double otherWhole = 0;
    for (int i = 0; i < both.length; i++) {
      Shares a = swapped[i] ? other : this;
      Shares b = swapped[i] ? this : other;
      part += a.parts[both[i]];
      whole += a.wholes[both[i]];
      otherPart += b.parts[both[i]];
      otherWhole += b.wholes[both[i]];
    }
    return 100 * (otherPart / otherWhole - part / whole);
  }

  private IntStream known(Shares other) {
    return IntStream.range(0, Math.min(parts.length, other.parts.length))
        .filter(i -> !Double.isNaN(parts[i]) && !Double.isNaN(other.parts[i]));
  }

  private static double percent(int[] drawn, int[] known, Shares of) {
    double part = 0;
    double whole = 0;
    for (int i : drawn) {
      part += of.parts[known[i]];
      whole += of.wholes[known[i]];
    }
    return 100 * part / whole;
  }

  private static Bootstrap bootstrap(int questions) {
    Bootstrap standard = Bootstrap.STANDARD;
    return new Bootstrap(draws(questions, standard.resamples()), standard.level(), standard.seed());
  }

  private static int draws(int questions, int standard) {
    return (int) Math.clamp(MOST_DRAWN / Math.max(1, questions), LEAST_DRAWS, (long) standard);
  }
}
