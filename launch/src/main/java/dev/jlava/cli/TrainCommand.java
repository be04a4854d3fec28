package dev.jlava.cli;

import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.eval.report.RunReport;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeLoader;
import dev.jlava.train.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava train RECIPE`: the stages of a recipe, in one process.
@Command(
    name = "train",
    description = "Runs the stages of a recipe, or goes on with them.",
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RECIPE", description = "The recipe's YAML file.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Replaces a value of the recipe: stages.align.batch.size=8.")
  private List<String> settings = new ArrayList<>();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    RecipeLoader.Resolved resolved = RecipeLoader.load(file, settings, KnownNames.all());
    Recipe recipe =
        TerminalHub.models(spec).fetched(resolved.recipe(), resolved.recipe().runDirectory());
    try (StopRequest stop = StopRequest.listen();
        RunDirectory directory = RunDirectory.open(recipe.runDirectory(), resolved.yaml());
        TerminalProgress progress = new TerminalProgress(out, directory)) {
      boolean done =
          new TrainingRun(recipe, directory, progress, (_, _, _) -> {}).run(stop::isRequested);
      if (done) {
        Path report = RunReport.write(directory.path(), Typed.command(spec));
        RunEnd.done(progress, directory.path(), report);
      } else {
        RunEnd.stopped(progress, Typed.command(spec));
      }
      return done ? ExitCodes.DONE : ExitCodes.STOPPED;
    }
  }
}
