package dev.jlava.cli;

import dev.jlava.checkpoint.CheckpointException;
import dev.jlava.data.DataException;
import dev.jlava.engine.DeviceException;
import dev.jlava.hub.HubException;
import dev.jlava.model.ModelException;
import dev.jlava.recipe.RecipeException;
import dev.jlava.train.NonFiniteLossException;
import dev.jlava.weights.WeightsException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// `./jlava`: finds the command and turns the user's faults into messages. Exit codes: 0 done, 1
/// failed run, 2 wrong usage or recipe.
@Command(
    name = "jlava",
    description = "Trains LLaVA-style multimodal models.",
    subcommands = {
      QuickstartCommand.class,
      TrainCommand.class,
      PlanCommand.class,
      EvalCommand.class,
      GenerateCommand.class,
      ReportCommand.class,
      DataCommand.class,
      ModelCommand.class,
      EnvCommand.class
    },
    mixinStandardHelpOptions = true)
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /// Runs a command line and gives its exit code.
  static int run(String... arguments) {
    return line().execute(arguments);
  }

  /// Runs a command line that prints to these writers.
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return line().setOut(out).setErr(err).execute(arguments);
  }

  private static CommandLine line() {
    return new CommandLine(new Main())
        .addSubcommand(ScoreCommand.line())
        .addSubcommand(JudgeCommand.line())
        .setExecutionExceptionHandler((e, command, parsed) -> explain(e, command));
  }

  private static int explain(Exception e, CommandLine command) throws Exception {
    boolean explained =
        e instanceof RecipeException
            || e instanceof DataException
            || e instanceof WeightsException
            || e instanceof ModelException
            || e instanceof HubException
            || e instanceof DeviceException
            || e instanceof CheckpointException
            || e instanceof NonFiniteLossException;
    if (!explained) {
      throw e;
    }
    command.getErr().println(e.getMessage());
    return e instanceof RecipeException ? ExitCodes.USAGE : ExitCodes.FAILED;
  }
}
