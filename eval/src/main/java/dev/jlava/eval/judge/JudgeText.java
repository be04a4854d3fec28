package dev.jlava.eval.judge;

import dev.jlava.eval.chat.Spending;
import dev.jlava.eval.judge.JudgeResult.Model;
import dev.jlava.eval.stats.Interval;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A result as text: for each model LLaVA's summary of its reviews, then what they amount to.
final class JudgeText {
  private static final int DISAGREEMENTS_SHOWN = 10;
  private static final int QUESTION_SHOWN = 60;

  private final StringBuilder text = new StringBuilder();

  private JudgeText() {}

  static String of(JudgeResult result, Spending.Total spent) {
    JudgeText text = new JudgeText();
    result.models().forEach(text::model);
    text.comparisons(result.comparisons());
    text.line(
        String.format(
            Locale.ROOT,
            "asked: %d requests, %d prompt and %d reply tokens%s%s",
            spent.requests(),
            spent.usage().promptTokens(),
            spent.usage().completionTokens(),
            spent.usage().estimated() ? " (partly estimated)" : "",
            spent.cost() > 0 ? ", cost %.4f".formatted(spent.cost()) : ""));
    return text.text.toString();
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private void model(Model model) {
    text.append(model.label()).append('\n').append(model.reviews().text());
    line("=================================");
    line(
        String.format(
            Locale.ROOT,
            "%-24s %9s %9s %7s %8s %18s %19s",
            "category",
            "questions",
            "reference",
            "model",
            "relative",
            "95 %",
            "better equal worse"));
    for (Standing one : model.standings()) {
      line(
          String.format(
              Locale.ROOT,
              "%-24s %9d %9.2f %7.2f %8.1f %18s %19s",
              one.category(),
              one.questions(),
              one.reference(),
              one.model(),
              one.relative().estimate(),
              ends(one.relative(), "%.1f"),
              one.better() + " / " + one.equal() + " / " + one.worse()));
    }
    verdicts(model);
    consistency(model.consistency());
    model.doubts().forEach(doubt -> line("WARNING: " + doubt + "; read these figures with care"));
    disagreements(model.disagreements());
    text.append('\n');
  }

  private static String ends(Interval interval, String format) {
    return Double.isNaN(interval.low())
        ? "-"
        : String.format(
            Locale.ROOT, "[" + format + ", " + format + "]", interval.low(), interval.high());
  }

  private void verdicts(Model model) {
    int given = model.verdicts().given().size();
    String why =
        model.failures().entrySet().stream()
            .map(e -> e.getKey() + ": " + e.getValue())
            .collect(Collectors.joining("; ", " (", ")"));
    line(
        String.format(
            Locale.ROOT,
            "verdicts: %d with scores, %d without%s, %d missing; %d from the cache; %d questions left out",
            given - model.failed(),
            model.failed(),
            model.failures().isEmpty() ? "" : why,
            model.verdicts().missing().size(),
            model.cached(),
            model.leftOut()));
  }

  private void consistency(Consistency one) {
    if (one.bothWays() > 0) {
      line(
          String.format(
              Locale.ROOT,
              "order: the first place is worth %+.2f points %s; of %d questions asked both ways, %d flip"
                  + " and %d are undecided one way only",
              one.bias().estimate(),
              ends(one.bias(), "%+.2f"),
              one.bothWays(),
              one.flipped(),
              one.tied()));
    }
    if (one.samplePairs() > 0) {
      line(
          String.format(
              Locale.ROOT,
              "samples: %d of %d pairs prefer the same answer",
              one.sameWinner(),
              one.samplePairs()));
    }
  }

  private void disagreements(List<Disagreement> found) {
    if (found.isEmpty()) {
      return;
    }
    line(
        String.format(
            Locale.ROOT, "disagreements: %d, all in %s", found.size(), ReviewFiles.DISAGREEMENTS));
    for (Disagreement one : found.subList(0, Math.min(DISAGREEMENTS_SHOWN, found.size()))) {
      String question = one.pair().question().replaceAll("\\s+", " ");
      line(
          String.format(
              Locale.ROOT,
              "  %-10s %-5s spread %4.1f  %s",
              one.pair().id(),
              one.flips() ? "flips" : "",
              one.spread(),
              question.length() <= QUESTION_SHOWN
                  ? question
                  : question.substring(0, QUESTION_SHOWN) + "…"));
    }
  }

  private void comparisons(List<Comparison> comparisons) {
    for (Comparison one : comparisons) {
      line(
          String.format(
              Locale.ROOT,
              "%s - %s: %s: %+.1f points %s, p = %.4f (%d questions)",
              one.first(),
              one.second(),
              one.category(),
              one.difference().estimate(),
              ends(one.difference(), "%+.1f"),
              one.chance(),
              one.questions()));
    }
  }
}
