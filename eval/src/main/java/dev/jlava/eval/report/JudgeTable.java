package dev.jlava.eval.report;

import dev.jlava.eval.page.Format;
import dev.jlava.eval.report.EvaluationData.Range;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// How a judge did, a line for each model's answers to a task, for the page and as Markdown.
final class JudgeTable {
  /// Columns; the first three are names.
  static final List<String> HEAD =
      List.of(
          "task",
          "model",
          "judge",
          "with scores",
          "without",
          "missing",
          "first place worth",
          "flips",
          "undecided",
          "samples agree",
          "disagreements",
          "tokens",
          "time",
          "cost");

  private JudgeTable() {}

  static List<String> row(Judged one) {
    Range bias = one.bias();
    Double cost = one.cost();
    int bothWays = bias == null ? 0 : bias.questions();
    return List.of(
        one.task(),
        one.model(),
        one.judge(),
        Format.count(one.scored()),
        one.failed() == 0 ? "0" : Format.count(one.failed()) + " (" + why(one.failures()) + ")",
        Format.count(one.missing()),
        bias == null ? "–" : points(bias),
        bothWays == 0 ? "–" : one.flipped() + " of " + bothWays,
        bothWays == 0 ? "–" : one.undecided() + " of " + bothWays,
        one.samplePairs() == 0 ? "–" : one.sameWinner() + " of " + one.samplePairs(),
        Format.count(one.disagreements().size()),
        Format.count(one.tokens()),
        Format.seconds(one.seconds()),
        cost == null ? "–" : Format.number(cost));
  }

  private static String why(Map<String, Integer> failures) {
    return failures.entrySet().stream()
        .map(failure -> failure.getKey() + ": " + failure.getValue())
        .collect(Collectors.joining("; "));
  }

  private static String points(Range bias) {
    String mean = String.format(Locale.ROOT, "%+.2f", bias.mean());
    Double low = bias.low();
    Double high = bias.high();
    return low == null || high == null
        ? mean
        : mean + String.format(Locale.ROOT, " [%+.2f, %+.2f]", low, high);
  }

  /// Why figures are to be read with care, a sentence each.
  static List<String> doubts(List<Judged> judged) {
    return judged.stream()
        .flatMap(one ->
            one.doubts().stream()
                .map(doubt -> "Warning: %s, %s: %s.".formatted(one.task(), one.model(), doubt)))
        .toList();
  }
}
