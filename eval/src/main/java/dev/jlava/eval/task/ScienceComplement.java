package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.task.ScienceEnsemble.Counted;
import dev.jlava.eval.task.ScienceProblems.Problem;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The ensemble "complement" on ScienceQA (Liu et al. 2023): a text-only model's answer where it
/// names a choice, the trained model's elsewhere; as LLaVA's `eval_science_qa_gpt4.py` scores it.
/// Problems that one of the two did not answer are left out.
final class ScienceComplement implements Task {
  @Override
  public String name() {
    return "science_qa_complement";
  }

  @Override
  public String summary() {
    return "ScienceQA with a text-only model's answer first, the trained model's where it has none.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        ScienceEnsemble.ANSWERS,
        ScienceProblems.ANNOTATIONS,
        ScienceProblems.SPLIT,
        ScienceEnsemble.GPT4);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.empty();
  }

  @Override
  public Score score(Given given) {
    Map<String, Row> ours = ScienceEnsemble.answers(given);
    Row outputs = ScienceEnsemble.outputs(given);
    Map<String, Problem> problems = ScienceProblems.read(given).byId();
    Tally tally = new Tally();
    problems.forEach((id, problem) -> {
      Row our = ours.get(id);
      if (our != null && outputs.has(id)) {
        tally.add(problem, our.text("text"), outputs.text(id));
      }
    });
    Score score = tally.score();
    int left = problems.size() - tally.total;
    return left == 0
        ? score
        : score.noting(List.of(left + " problems without both answers are left out"));
  }

  private static final class Tally {
    private int total;
    private int correct;
    private int upper;
    private int failed;

    void add(Problem problem, String our, String gpt4) {
      String letter = ChoiceLetter.inSentence(gpt4);
      boolean ourRight = problem.indexOrFirst(ChoiceLetter.inSentence(our)) == problem.answer();
      boolean asked = letter.equals(ChoiceLetter.FAILED);
      boolean right = asked ? ourRight : problem.indexOrFirst(letter) == problem.answer();
      total++;
      correct += right ? 1 : 0;
      upper += right || ourRight ? 1 : 0;
      failed += asked ? 1 : 0;
    }

    Score score() {
      ObjectNode figures = Json.object().put("total", total);
      String text =
          ScienceEnsemble.line(figures, "correct", Counted.right("Correct", correct, total))
              + ScienceEnsemble.line(
                  figures, "upper", Counted.right("Correct (upper)", upper, total))
              + ScienceEnsemble.line(
                  figures, "gpt4_failed", Counted.share("GPT-4 NO-ANS (RANDOM)", failed, total));
      return Score.of(text, figures);
    }
  }
}
