package dev.jlava.cli;

import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeLoader;
import dev.jlava.train.PlanText;
import dev.jlava.train.RecipePlan;
import dev.jlava.train.StagePlan;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava plan RECIPE`: parameters, memory and arithmetic of a recipe's stages, from shapes
/// alone.
@Command(
    name = "plan",
    description = "Shows what a recipe trains and needs, before anything starts.",
    mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RECIPE", description = "The recipe's YAML file.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Replaces a value of the recipe: stages.align.batch.size=8.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--flops",
      paramLabel = "RATE",
      description = "FLOP/s that the hardware sustains (1e14), for an estimate of the time.")
  private @Nullable Double flops;

  @Override
  public Integer call() {
    OptionalDouble rate = flops == null ? OptionalDouble.empty() : OptionalDouble.of(flops);
    if (rate.isPresent() && !(rate.getAsDouble() > 0)) {
      throw new ParameterException(
          spec.commandLine(), "--flops is " + flops + " (allowed more than 0, such as 1e14)");
    }
    PrintWriter out = spec.commandLine().getOut();
    Recipe recipe = RecipeLoader.load(file, settings, KnownNames.all()).recipe();
    RecipePlan plan = RecipePlan.of(TerminalHub.models(spec).cached(recipe));
    for (StagePlan stage : plan.stages()) {
      out.println(PlanText.of(stage, rate));
      out.println();
    }
    out.flush();
    return ExitCodes.DONE;
  }
}
