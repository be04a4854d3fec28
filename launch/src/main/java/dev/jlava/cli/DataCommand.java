package dev.jlava.cli;

import dev.jlava.data.world.World;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./jlava data`: what is done to data outside of training.
@Command(
    name = "data",
    description = "Makes data sets.",
    subcommands = DataCommand.WorldCommand.class,
    mixinStandardHelpOptions = true)
final class DataCommand {
  /// `./jlava data world`: rendered scenes with captions and questions.
  @Command(
      name = "world",
      description = "Writes data sets of rendered scenes with captions and questions.",
      mixinStandardHelpOptions = true)
  static final class WorldCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(names = "--out", required = true, description = "Directory to write into.")
    private Path out;

    @Option(names = "--seed", description = "Seed (${DEFAULT-VALUE}).")
    private long seed = 1;

    @Option(names = "--look", description = "Maps and captions of many kinds (${DEFAULT-VALUE}).")
    private int look;

    @Option(names = "--align", description = "Captions (${DEFAULT-VALUE}).")
    private int align;

    @Option(names = "--instruct", description = "Conversations (${DEFAULT-VALUE}).")
    private int instruct;

    @Option(names = "--validation", description = "Held-out conversations (${DEFAULT-VALUE}).")
    private int validation;

    @Option(names = "--eval", description = "Held-out questions (${DEFAULT-VALUE}).")
    private int eval;

    @Override
    public Integer call() throws IOException {
      World.write(out, new World.Sizes(look, align, instruct, validation, eval), seed);
      spec.commandLine().getOut().println("The data sets are in " + out);
      return ExitCodes.DONE;
    }
  }
}
