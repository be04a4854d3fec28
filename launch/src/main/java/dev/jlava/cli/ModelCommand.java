package dev.jlava.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `./jlava model`: models of the hub and in the layouts of other tools, and what weight files
/// hold.
@Command(
    name = "model",
    description = "Fetches models, writes them in other layouts, shows and compares weight files.",
    subcommands = {
      ExportCommand.class,
      MergeCommand.class,
      InspectCommand.class,
      DiffCommand.class,
      ModelPullCommand.class
    },
    mixinStandardHelpOptions = true)
final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Missing subcommand: one of " + String.join(", ", spec.subcommands().keySet()));
  }
}
