package dev.jlava.cli;

import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.data.world.World;
import dev.jlava.engine.Engine;
import dev.jlava.eval.report.RunReport;
import dev.jlava.eval.task.Evaluation;
import dev.jlava.eval.task.Item;
import dev.jlava.eval.task.QuestionAnswering;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeLoader;
import dev.jlava.train.RecipeModel;
import dev.jlava.train.TrainingRun;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./jlava quickstart`: the whole job on what ships with the project. Renders data, aligns,
/// instructs, asks held-out questions between the stages, and writes a report.
@Command(
    name = "quickstart",
    description = "Trains and evaluates an embedded tiny model; needs nothing.",
    mixinStandardHelpOptions = true)
final class QuickstartCommand implements Callable<Integer> {
  private static final World.Sizes FULL = new World.Sizes(0, 7200, 12800, 64, 320);
  private static final World.Sizes SHORT = new World.Sizes(0, 640, 960, 32, 96);
  private static final long WORLD_SEED = 2;

  @Spec private CommandSpec spec;

  @Option(names = "--short", description = "Less data, for a check in a minute.")
  private boolean isShort;

  @Option(names = "--out", description = "The run directory (a new one under checkpoints).")
  private Path output = unused(home().resolve("checkpoints"));

  /// The project's root.
  private static Path home() {
    return Path.of(System.getProperty("jlava.home", "."));
  }

  /// `quickstart`, or the first of `quickstart-2`, … that holds no finished run.
  private static Path unused(Path checkpoints) {
    Path path = checkpoints.resolve("quickstart");
    for (int i = 2; Files.isDirectory(path.resolve("final")); i++) {
      path = checkpoints.resolve("quickstart-" + i);
    }
    return path;
  }

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Path data = output.resolve("data");
    if (!Files.exists(data.resolve("eval.jsonl"))) {
      out.println("Rendering scenes into " + data);
      World.write(data, isShort ? SHORT : FULL, WORLD_SEED);
    }
    RecipeLoader.Resolved resolved =
        RecipeLoader.load(
            home().resolve("recipes/quickstart.yaml"), settings(data), Template.names());
    Recipe recipe = resolved.recipe();
    try (StopRequest stop = StopRequest.listen();
        RunDirectory directory = RunDirectory.open(output, resolved.yaml());
        TerminalProgress progress = new TerminalProgress(out, directory)) {
      Examination examination = new Examination(recipe, data, progress);
      TrainingRun run = new TrainingRun(recipe, directory, progress, examination::between);
      if (!run.run(stop::isRequested)) {
        RunEnd.stopped(progress, Typed.command(spec));
        return ExitCodes.STOPPED;
      }
      RunEnd.done(progress, output, RunReport.write(output, Typed.command(spec)));
    }
    return ExitCodes.DONE;
  }

  /// The recipe's paths, which are meant from the project's root, and the run's own.
  private List<String> settings(Path data) {
    Path embedded = home().resolve("recipes/quickstart");
    List<String> settings = new ArrayList<>();
    settings.add("output=" + output);
    settings.add("model.vision.path=" + embedded.resolve("vision"));
    settings.add("model.decoder.path=" + embedded.resolve("decoder"));
    for (String stage : new String[] {"align", "instruct"}) {
      settings.add("stages." + stage + ".data.0.path=" + data.resolve(stage + ".json"));
      settings.add("stages." + stage + ".data.0.images=" + data.resolve("images"));
    }
    String validation = "stages.instruct.validation.data.0.";
    settings.add(validation + "path=" + data.resolve("validation.json"));
    settings.add(validation + "images=" + data.resolve("images"));
    return settings;
  }

  /// The held-out questions, asked between the stages.
  private final class Examination {
    private final Recipe recipe;
    private final TerminalProgress progress;
    private final List<Item> questions;
    private final QuestionAnswering asking;

    Examination(Recipe recipe, Path data, TerminalProgress progress) {
      this.recipe = recipe;
      this.progress = progress;
      this.questions = Item.read(data.resolve("eval.jsonl"), Optional.of(data.resolve("images")));
      RecipeModel model = new RecipeModel(recipe);
      LlavaFiles files = model.files();
      ModelCard card = model.card(recipe.stages().getLast());
      this.asking =
          new QuestionAnswering(
              card.template().orElseThrow(),
              Tokenizers.load(files.decoder()),
              ImageProcessor.load(files.vision(), card.aspect()),
              files.decoder());
    }

    void between(Engine engine, VisionLanguageModel model, int stages) {
      String label = stages == 0 ? "before" : "after " + recipe.stages().get(stages - 1).name();
      write(stages, asking.evaluate(engine, model, questions, label));
      if (stages == recipe.stages().size()) {
        write(stages + 1, asking.evaluateBlind(engine, model, questions, label + ", blank image"));
      }
    }

    private void write(int number, Evaluation evaluation) {
      try {
        evaluation.write(RunReport.evaluationFile(output, number));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      progress.say(
          "%s: %.1f %% of %d held-out questions answered right"
              .formatted(
                  evaluation.label(), 100 * evaluation.accuracy(), evaluation.answers().size()));
    }
  }
}
