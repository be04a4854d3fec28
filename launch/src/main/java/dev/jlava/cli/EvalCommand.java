package dev.jlava.cli;

import dev.jlava.eval.report.EvaluationReport;
import dev.jlava.eval.run.EvalRun;
import dev.jlava.eval.run.Shard;
import dev.jlava.recipe.EvalRecipe;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeException;
import dev.jlava.recipe.RecipeLoader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava eval FILE --model DIR`: asks models the questions of benchmarks, or goes on with it,
/// and scores the answers.
@Command(
    name = "eval",
    description = "Asks models the questions of benchmarks and scores their answers.",
    mixinStandardHelpOptions = true)
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "An evaluation's YAML file, or a recipe's.")
  private Path file;

  @Option(
      names = "--model",
      required = true,
      description = "A model, as for generate; may be given repeatedly.")
  private List<Path> models = new ArrayList<>();

  @Option(names = "--out", description = "The evaluation's directory (what the file says).")
  private @Nullable Path out;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      description = "Asks the I-th of N shares of the questions; each process takes another.")
  private String shard = "1/1";

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Replaces a value of the file: tasks.pope.samples=100.")
  private List<String> settings = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException {
    Shard share = share();
    EvalRecipe evaluation = evaluation();
    Path directory = out != null ? out : evaluation.directory();
    PrintWriter terminal = spec.commandLine().getOut();
    boolean complete = run(new EvalRun(evaluation, directory, new EvalLines(terminal)), share);
    terminal.println(
        complete
            ? "Answers and scores are in "
                + directory
                + ", their report in "
                + EvaluationReport.write(directory, Typed.command(spec))
            : "This shard is done; the shard that is done last puts the answers together");
    return ExitCodes.DONE;
  }

  private boolean run(EvalRun run, Shard share) throws InterruptedException {
    Optional<String> report = EvaluationReport.withdraw(run.output());
    boolean complete = false;
    try {
      complete = run.run(models, TerminalHub.models(spec)::source, share);
      return complete;
    } finally {
      if (!complete) {
        report.ifPresent(command -> EvaluationReport.write(run.output(), command));
      }
    }
  }

  private Shard share() {
    try {
      return Shard.named(shard);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }

  private EvalRecipe evaluation() {
    if (!RecipeLoader.isRecipe(file)) {
      return RecipeLoader.loadEval(file, settings, KnownNames.all()).evaluation();
    }
    Recipe recipe = RecipeLoader.load(file, settings, KnownNames.all()).recipe();
    return recipe
        .evaluation()
        .orElseThrow(() ->
            new RecipeException(
                file + ": a recipe without eval; add a list of tasks under that key"));
  }
}
