package dev.jlava.cli;

import dev.jlava.data.DataException;
import dev.jlava.eval.report.EvaluationReport;
import dev.jlava.eval.report.RunComparison;
import dev.jlava.eval.report.RunReport;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava report DIRECTORY…`: the report of a run or an evaluation again, of one that is going on
/// or broke off too; several runs, or the models of several evaluations, are compared.
@Command(
    name = "report",
    description =
        "Writes the report of a run or an evaluation, finished or not; compares several of a kind.",
    mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIRECTORY",
      arity = "1..*",
      description = "A run's or an evaluation's directory; or several of a kind.")
  private List<Path> directories;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where a comparison is written: ${DEFAULT-VALUE}.")
  private Path output = Path.of("comparison");

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Path first = directories.getFirst();
    boolean evaluations = EvaluationReport.isEvaluation(first);
    directories.forEach(other -> checkKind(first, other));
    if (directories.size() == 1) {
      Path page = evaluations ? EvaluationReport.write(first) : RunReport.write(first);
      out.println("The report is in " + page);
    } else {
      out.println(
          "The comparison is in "
              + (evaluations
                  ? EvaluationReport.write(directories, output)
                  : RunComparison.write(directories, output)));
    }
    return ExitCodes.DONE;
  }

  private static void checkKind(Path first, Path other) {
    boolean evaluation = EvaluationReport.isEvaluation(other);
    if (evaluation != EvaluationReport.isEvaluation(first)) {
      throw new DataException(
          "%s: %s beside %s %s; runs are compared with runs and evaluations with evaluations (a run's own is its folder eval)"
              .formatted(
                  other,
                  evaluation ? "an evaluation" : "no evaluation",
                  evaluation ? "the run" : "the evaluation",
                  first));
    }
  }
}
