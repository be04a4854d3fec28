package dev.jlava.cli;

import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.conversation.Template;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeLoader;
import dev.jlava.train.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava train RECIPE`: the stages of a recipe, in one process.
@Command(
    name = "train",
    description = "Runs the stages of a recipe.",
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RECIPE", description = "The recipe's YAML file.")
  private Path file;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Recipe recipe = RecipeLoader.load(file, Template.names());
    RunDirectory directory = RunDirectory.create(recipe.output(), file);
    new TrainingRun(recipe, directory, out::println).run();
    out.println("The model is in " + directory.finalModel());
    return 0;
  }
}
