package dev.jlava.eval.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.DataException;
import dev.jlava.engine.Engine;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.task.Score;
import dev.jlava.model.ModelCard;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import dev.jlava.train.Progress;
import dev.jlava.train.RecipeModel;
import dev.jlava.train.TrainingRun.StageObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Tasks asked of a model while it is trained: some questions of each, every so many steps of a
/// stage. It reads weights and draws nothing that training draws, so that the run's numbers are
/// those of a run without it.
public final class TrainingEvaluation implements StageObserver {
  private final Recipe recipe;
  private final Recipe.Eval settings;
  private final int every;
  private final RunDirectory directory;
  private final Progress progress;
  private final List<TaskPlan> plans;

  private TrainingEvaluation(
      Recipe recipe, Recipe.Eval settings, int every, RunDirectory directory, Progress progress) {
    this.recipe = recipe;
    this.settings = settings;
    this.every = every;
    this.directory = directory;
    this.progress = progress;
    this.plans =
        settings.tasks().stream()
            .map(task -> new TaskPlan(task, settings.generation(), Optional.of(settings.samples())))
            .toList();
  }

  /// What a recipe asks for; an observer that does nothing where that is nothing. Reads the
  /// questions, so that a fault in them ends a run before it begins.
  public static StageObserver of(Recipe recipe, RunDirectory directory, Progress progress) {
    Recipe.Eval settings = recipe.eval();
    if (settings == null) {
      return (_, _, _) -> {};
    }
    Integer every = settings.every();
    return every == null
        ? (_, _, _) -> {}
        : new TrainingEvaluation(recipe, settings, every, directory, progress);
  }

  @Override
  public void between(Engine engine, VisionLanguageModel model, int stages) {}

  @Override
  public Optional<ObjectNode> after(
      Engine engine, VisionLanguageModel model, Recipe.Stage stage, int step) {
    if (step % every != 0) {
      return Optional.empty();
    }
    RecipeModel named = new RecipeModel(recipe);
    ModelCard card = named.card(stage);
    AskedModel asked =
        new AskedModel(
            engine,
            model,
            named.files(),
            card,
            new AskedModel.Manner(card.template().orElseThrow(), settings.generation()));
    Path place = directory.path().resolve("eval/steps/%s-%06d".formatted(stage.name(), step));
    ObjectNode figures = Json.object();
    List<String> lines = new ArrayList<>();
    for (TaskPlan plan : plans) {
      Optional<Score> score = ask(asked, plan, place.resolve(plan.settings().label()));
      score
          .flatMap(Score::headline)
          .ifPresent(shown -> figures.put(plan.settings().label(), shown.value()));
      lines.add(EvalRun.line(plan, score));
    }
    progress.say("%s %d  %s".formatted(stage.name(), step, String.join(", ", lines)));
    return Optional.of(figures);
  }

  private Optional<Score> ask(AskedModel asked, TaskPlan plan, Path place) {
    clear(place); // A run that is resumed asks again.
    TaskAnswers answers = new TaskAnswers(plan, new TaskDirectory(place));
    answers.ask(Shard.WHOLE, () -> asked, done -> {});
    return answers.score();
  }

  private static void clear(Path place) {
    if (!Files.isDirectory(place)) {
      return;
    }
    try (Stream<Path> files = Files.walk(place)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new DataException(place + ": cannot be cleared (" + e + ")", e);
    }
  }
}
