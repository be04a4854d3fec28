package dev.jlava.cli;

import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.eval.report.EvaluationReport;
import dev.jlava.eval.report.RunReport;
import dev.jlava.eval.run.EvalRun;
import dev.jlava.eval.run.Shard;
import dev.jlava.eval.run.TrainingEvaluation;
import dev.jlava.recipe.EvalRecipe;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeLoader;
import dev.jlava.train.TrainingRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    RecipeLoader.Resolved resolved = RecipeLoader.load(file, settings, KnownNames.all());
    Recipe recipe =
        TerminalHub.models(spec).fetched(resolved.recipe(), resolved.recipe().runDirectory());
    try (StopRequest stop = StopRequest.listen();
        RunDirectory directory = RunDirectory.open(recipe.runDirectory(), resolved.yaml());
        TerminalProgress progress = new TerminalProgress(out, directory)) {
      Optional<EvalRecipe> evaluation = recipe.evaluation();
      evaluation.ifPresent(EvalRun::check);
      boolean done =
          new TrainingRun(
                  recipe, directory, progress, TrainingEvaluation.of(recipe, directory, progress))
              .run(stop::isRequested);
      if (done) {
        if (evaluation.isPresent()) {
          evaluate(evaluation.get(), directory, progress, out);
        }
        Path report = RunReport.write(directory.path(), Typed.command(spec));
        RunEnd.done(progress, directory.path(), report);
      } else {
        RunEnd.stopped(progress, Typed.command(spec));
      }
      return done ? ExitCodes.DONE : ExitCodes.STOPPED;
    }
  }

  /// Asks the trained model all questions of the recipe's tasks.
  private void evaluate(
      EvalRecipe tasks, RunDirectory directory, TerminalProgress progress, PrintWriter out)
      throws InterruptedException {
    new EvalRun(tasks, tasks.directory(), new EvalLines(out))
        .run(List.of(directory.path()), TerminalHub.models(spec)::source, Shard.WHOLE);
    progress.say(
        "Answers and scores are in "
            + tasks.directory()
            + ", their report in "
            + EvaluationReport.write(tasks.directory()));
  }
}
