package dev.jlava.cli;

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

/// `./jlava report RUN…`: the report of a run or an evaluation again, of one that is going on or
/// broke off too; several runs are compared.
@Command(
    name = "report",
    description =
        "Writes the report of a run or an evaluation, finished or not; compares several runs.",
    mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIRECTORY",
      arity = "1..*",
      description = "A run's or an evaluation's directory; or several runs'.")
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
    if (directories.size() > 1) {
      out.println("The comparison is in " + RunComparison.write(directories, output));
    } else if (EvaluationReport.isEvaluation(first)) {
      out.println("The report is in " + EvaluationReport.write(first));
    } else {
      out.println("The report is in " + RunReport.write(first));
    }
    return ExitCodes.DONE;
  }
}
