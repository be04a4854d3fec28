package dev.jlava.cli;

import dev.jlava.eval.judge.JudgeRun;
import dev.jlava.eval.judge.JudgeRun.Entrant;
import dev.jlava.eval.judge.Pairs;
import dev.jlava.eval.report.EvaluationReport;
import dev.jlava.eval.run.ScoreFile;
import dev.jlava.eval.task.Tasks;
import dev.jlava.recipe.EvalRecipe;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// One benchmark to judge, and the models that answered it. In an evaluation's directory scores and
/// report follow the verdicts.
record JudgeJob(JudgeRun run, Task task, Pairs pairs, List<Entrant> entrants) {
  /// @param type the benchmark
  /// @param label the task's in an evaluation
  record Task(String type, String label, EvalRecipe.Judge judge) {}

  /// Judges and says what came out.
  ///
  /// @return for how many reasons verdicts are missing
  int run(PrintWriter out, PrintWriter err) throws InterruptedException {
    Map<Path, String> reports = new LinkedHashMap<>();
    for (Path evaluation : evaluations()) {
      EvaluationReport.withdraw(evaluation).ifPresent(command -> reports.put(evaluation, command));
    }
    try {
      JudgeRun.Outcome outcome = run.run(pairs, entrants, new JudgeProgress(err));
      entrants.stream().filter(JudgeJob::inEvaluation).forEach(this::score);
      say(outcome, out, err);
      return outcome.missing().size();
    } finally {
      reports.forEach(EvaluationReport::write);
    }
  }

  private void score(Entrant one) {
    new ScoreFile(Tasks.named(task.type()), task.label(), one.reviews()).judged(task.judge());
  }

  private void say(JudgeRun.Outcome outcome, PrintWriter out, PrintWriter err) {
    out.print(outcome.text());
    out.flush();
    outcome
        .missing()
        .forEach((why, count) -> err.println("jlava: " + count + " verdicts are missing: " + why));
    err.println("jlava: wrote " + run.summary());
    entrants.forEach(one -> err.println("jlava: wrote " + one.reviews()));
  }

  /// Whether the verdicts lie beside the answers, in `EVALUATION/models/LABEL/TASK`.
  private static boolean inEvaluation(Entrant one) {
    return one.reviews().equals(one.answers().getParent());
  }

  private Set<Path> evaluations() {
    return entrants.stream()
        .filter(JudgeJob::inEvaluation)
        .map(one -> one.reviews().resolve("../../..").normalize())
        .collect(Collectors.toSet());
  }
}
