package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/// Negative instructions (Liu et al. 2023, LRV-Instruction): how often a model says yes where the
/// image gives no reason to. Answers are read by POPE's rule; questions whose answer is yes do not
/// count.
final class Hallucination implements Task {
  @Override
  public String name() {
    return "hallucination";
  }

  @Override
  public String summary() {
    return "Negative instructions: the share of questions to be denied that are answered with yes.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(References.ANSWERS, References.QUESTIONS);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(QuestionFile.SHORT);
  }

  @Override
  public Score score(Given given) {
    Tally all = new Tally();
    Map<String, Tally> byCategory = new TreeMap<>();
    List<Mark> marks = new ArrayList<>();
    for (References.Asked asked : References.read(given).asked()) {
      if (!isYes(asked)) {
        all.add(asked);
        marks.add(mark(asked));
        if (!asked.category().isEmpty()) {
          byCategory.computeIfAbsent(asked.category(), key -> new Tally()).add(asked);
        }
      }
    }
    ObjectNode figures = all.figures(Json.object());
    StringBuilder text = new StringBuilder(all.text());
    ObjectNode inner = figures.putObject("categories");
    byCategory.forEach((category, tally) -> {
      text.append(category).append(": ").append(tally.text());
      tally.figures(inner.putObject(category));
    });
    return Score.of(text.toString(), figures)
        .noting(all.notes())
        .marked(Score.Headline.percent("hallucination rate", all.rate()), marks);
  }

  /// Worth 1 where the answer does not say yes.
  private static Mark mark(References.Asked asked) {
    String answer = asked.answer();
    return answer == null
        ? new Mark(asked.id(), asked.category(), OptionalDouble.empty())
        : Mark.of(asked.id(), asked.category(), !YesNo.saysYes(answer));
  }

  private static boolean isYes(References.Asked asked) {
    String reference = PythonText.lower(asked.references().getFirst());
    return switch (reference) {
      case "yes" -> true;
      case "no" -> false;
      default ->
          throw new DataException(
              "%s: answer '%s' (expected yes or no)".formatted(asked.where(), reference));
    };
  }

  private static final class Tally {
    private int negative;
    private int saidYes;
    private int missing;

    void add(References.Asked asked) {
      String answer = asked.answer();
      if (answer == null) {
        missing++;
      } else {
        negative++;
        saidYes += YesNo.saysYes(answer) ? 1 : 0;
      }
    }

    private double rate() {
      return Figures.share(saidYes, negative);
    }

    String text() {
      return "Negative: %d, Answered yes: %d, Hallucination rate: %s%%\n"
          .formatted(negative, saidYes, Figures.percent(rate()));
    }

    ObjectNode figures(ObjectNode figures) {
      figures.put("negative", negative).put("answered_yes", saidYes).put("unanswered", missing);
      return Figures.put(figures, "rate", rate());
    }

    List<String> notes() {
      List<String> notes = new ArrayList<>();
      if (missing > 0) {
        notes.add(missing + " negative questions have no answer and do not count");
      }
      if (negative == 0) {
        notes.add("the rate is not defined: no negative question is answered");
      }
      return notes;
    }
  }
}
