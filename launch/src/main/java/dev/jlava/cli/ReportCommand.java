package dev.jlava.cli;

import dev.jlava.eval.report.RunReport;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava report RUN`: a run's report again, of a run that is going on or broke off too.
@Command(
    name = "report",
    description = "Writes the report of a run, finished or not.",
    mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Run directories.")
  private List<Path> directories;

  @Override
  public Integer call() {
    for (Path directory : directories) {
      spec.commandLine().getOut().println("The report is in " + RunReport.write(directory));
    }
    return ExitCodes.DONE;
  }
}
