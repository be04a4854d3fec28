package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.task.ScienceEnsemble.Counted;
import dev.jlava.eval.task.ScienceProblems.Problem;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The ensemble "judge" on ScienceQA (Liu et al. 2023): a text-only model is asked again with both
/// answers before it; where that names no choice, the trained model's answer counts. As LLaVA's
/// `eval_science_qa_gpt4_requery.py` scores it.
final class ScienceJudge implements Task {
  private static final Input REQUERY =
      Input.one("requery", "FILE", "The second answers: question_id and text, a line each.");
  private static final Input RESULT =
      Input.optional("result", "FILE", "Where to write accuracy and choices.");

  @Override
  public String name() {
    return "science_qa_judge";
  }

  @Override
  public String summary() {
    return "ScienceQA with a text-only model that decides between two answers.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        ScienceEnsemble.ANSWERS,
        ScienceProblems.ANNOTATIONS,
        ScienceProblems.SPLIT,
        ScienceEnsemble.GPT4,
        REQUERY,
        RESULT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.empty();
  }

  @Override
  public Score score(Given given) {
    Map<String, Row> ours = ScienceEnsemble.answers(given);
    Row outputs = ScienceEnsemble.outputs(given);
    Map<String, Row> requeries = Row.byId(Json.lines(given.path(REQUERY)), "question_id");
    Tally tally = new Tally();
    ScienceProblems.read(given)
        .byId()
        .forEach((id, problem) -> {
          Row our = ours.get(id);
          if (our == null) {
            throw new DataException(
                "problem " + id + ": the model's answers have none; answer all of the split");
          }
          tally.add(id, problem, new Answers(our, outputs.text(id), requeries.get(id)));
        });
    return tally
        .score()
        .writing(
            given.optionalPath(RESULT).stream()
                .map(file -> new Score.Output(file, Json.prettyBytes(tally.result())))
                .toList());
  }

  /// The three answers to one problem.
  private record Answers(Row our, String gpt4, @Nullable Row requery) {
    String requeryText() {
      return requery == null ? "MISSING" : requery.text("text");
    }
  }

  private static final class Tally {
    private final StringBuilder wrong = new StringBuilder();
    private final ObjectNode choices = Json.object();
    private int total;
    private int our;
    private int gpt4;
    private int failed;
    private int visual;
    private int requery;
    private int upper;
    private int missing;

    void add(String id, Problem problem, Answers answers) {
      String ourLetter = ChoiceLetter.inSentence(answers.our().text("text"));
      String gpt4Letter = ChoiceLetter.inSentence(answers.gpt4());
      String requeryLetter = ChoiceLetter.inSentence(answers.requeryText());
      boolean ourRight = problem.indexOrFirst(ourLetter) == problem.answer();
      boolean gpt4Right = problem.indexOrFirst(gpt4Letter) == problem.answer();
      boolean none = gpt4Letter.equals(ChoiceLetter.FAILED);
      boolean undecided = requeryLetter.equals(ChoiceLetter.FAILED);
      int choice = problem.indexOrFirst(undecided ? ourLetter : requeryLetter);
      boolean right = choice == problem.answer();
      total++;
      our += ourRight ? 1 : 0;
      gpt4 += gpt4Right ? 1 : 0;
      failed += none ? 1 : 0;
      visual += (none ? ourRight : gpt4Right) ? 1 : 0;
      requery += right ? 1 : 0;
      upper += ourRight || gpt4Right ? 1 : 0;
      missing += answers.requery() == null ? 1 : 0;
      choices.put(id, choice);
      if (!undecided && !right) {
        wrong.append(block(problem, answers, ourLetter, gpt4Letter));
        wrong.append("Requery (%s): %s\n".formatted(requeryLetter, answers.requeryText()));
        wrong.append("print(\"=====================================\")\n\n");
      }
    }

    private static String block(Problem problem, Answers answers, String our, String gpt4) {
      return "\nQuestion (%s): %s\nOur (%s): %s\nGPT-4 (%s): %s\n"
          .formatted(
              problem.letter(),
              answers.our().text("prompt"),
              our,
              answers.our().text("text"),
              gpt4,
              answers.gpt4());
    }

    ObjectNode result() {
      ObjectNode result = Json.object();
      Figures.put(result, "acc", Figures.share(requery, total) * 100);
      result.put("correct", requery).put("count", total);
      result.set("results", choices);
      result.set("outputs", Json.object());
      return result;
    }

    Score score() {
      ObjectNode figures = Json.object().put("total", total).put("missing_requery", missing);
      String text =
          wrong
              + right(figures, "our_correct", "Our-Correct", our)
              + right(figures, "gpt4_correct", "GPT-4-Correct", gpt4)
              + ScienceEnsemble.line(
                  figures, "gpt4_failed", Counted.share("GPT-4 NO-ANS (RANDOM)", failed, total))
              + right(figures, "gpt4_ours_visual_correct", "GPT-4-OursVisual-Correct", visual)
              + right(figures, "requery_correct", "Requery-Correct", requery)
              + right(figures, "upper", "Correct upper", upper);
      return Score.of(text, figures);
    }

    private String right(ObjectNode figures, String key, String title, int count) {
      return ScienceEnsemble.line(figures, key, Counted.right(title, count, total));
    }
  }
}
