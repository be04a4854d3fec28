package dev.jlava.train;

import dev.jlava.checkpoint.Checkpoint;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.conversation.Template;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.model.KnownModels;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A model by its path, as `--model` takes it.
public sealed interface ModelSource {

  /// What a path stands for: a LLaVA directory in Hugging Face's or the original layout, a run (its
  /// final model), or one of a run's checkpoints.
  ///
  /// @throws ModelException where it stands for none of these
  static ModelSource find(Path path) {
    KnownModels.notLocal(path)
        .ifPresent(problem -> {
          throw new ModelException(problem);
        });
    if (!Files.isDirectory(path)) {
      throw new ModelException(
          path
              + (Files.exists(path)
                  ? ": a file, expected a model's directory; give the directory it is in"
                  : ": no such directory; check the path"));
    }
    if (Checkpoints.isCheckpoint(path)) {
      return Trained.open(path);
    }
    if (RunDirectory.isRun(path)) {
      return new Whole(LlavaDirectory.open(finalModel(path)), RunDirectory.finalModel(path));
    }
    if (Files.isRegularFile(path.resolve("config.json"))) {
      return new Whole(LlavaDirectory.open(path), path);
    }
    throw new ModelException(
        path
            + ": not a model (looked for config.json: a LLaVA model; resolved.yaml: a run;"
            + " manifest.json: a checkpoint of a run); "
            + (Files.isRegularFile(path.resolve("adapter_config.json"))
                ? "adapter_config.json says that it is an adapter, which needs the model it adapts"
                : "check the path"));
  }

  private static Path finalModel(Path run) {
    Path model = RunDirectory.finalModel(run);
    if (Files.isDirectory(model)) {
      return model;
    }
    List<Path> checkpoints = Checkpoints.all(run);
    throw new ModelException(
        run
            + ": the run is not done (it has no "
            + model.getFileName()
            + "); "
            + (checkpoints.isEmpty()
                ? "it has no checkpoint yet either"
                : "its newest checkpoint is " + checkpoints.getLast()));
  }

  /// Where the model's tokenizer and image processor are.
  LlavaFiles files();

  /// How the model is asked.
  ModelCard card();

  /// Loads every weight in a dtype; the model ends with the scope.
  VisionLanguageModel load(Engine engine, Scope scope, ScalarType type);

  /// A LLaVA directory.
  record Whole(LlavaDirectory model, Path path) implements ModelSource {
    @Override
    public LlavaFiles files() {
      return model.files();
    }

    @Override
    public ModelCard card() {
      return ModelCard.read(path);
    }

    @Override
    public VisionLanguageModel load(Engine engine, Scope scope, ScalarType type) {
      return model.load(engine, scope, type);
    }
  }

  /// A checkpoint of a run: the model that the run's recipe names, with the weights trained so far.
  record Trained(Checkpoint checkpoint, Recipe recipe) implements ModelSource {
    private static Trained open(Path path) {
      Checkpoint checkpoint = Checkpoints.open(path);
      Path resolved = RunDirectory.resolvedRecipe(checkpoint.run());
      if (!Files.isRegularFile(resolved)) {
        throw new ModelException(
            path
                + ": a checkpoint away from its run (expected the recipe in "
                + resolved
                + "); give it where the run wrote it");
      }
      return new Trained(
          checkpoint, RecipeLoader.load(resolved, List.of(), Template.names()).recipe());
    }

    @Override
    public LlavaFiles files() {
      return new RecipeModel(recipe).files();
    }

    @Override
    public ModelCard card() {
      String name = checkpoint.manifest().stage();
      Recipe.Stage stage =
          recipe.stages().stream()
              .filter(s -> s.name().equals(name))
              .findFirst()
              .orElseThrow(() ->
                  new ModelException(
                      checkpoint.directory()
                          + ": stage '"
                          + name
                          + "' is not one of its run's recipe; the two belong to different runs"));
      return new RecipeModel(recipe).card(stage);
    }

    @Override
    public VisionLanguageModel load(Engine engine, Scope scope, ScalarType type) {
      RecipeModel named = new RecipeModel(recipe);
      VisionLanguageModel model = named.load(engine, scope, type);
      StageAdapters adapters = StageAdapters.of(recipe, named.shape());
      new AdapterStages(recipe, adapters, engine, scope)
          .enterAllUpTo(checkpoint.manifest().stage(), model);
      RunState.loadWeights(engine, checkpoint, model);
      return model;
    }
  }
}
