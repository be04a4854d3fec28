package dev.jlava.train;

import dev.jlava.adapter.Quantisation;
import dev.jlava.checkpoint.Checkpoint;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.conversation.Template;
import dev.jlava.engine.Engine;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PartLoader;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A checkpoint of a run: the model that the run's recipe names, with the weights trained so far.
record CheckpointSource(Checkpoint checkpoint, Recipe recipe) implements ModelSource {
  static CheckpointSource open(Path path) {
    CheckpointSource written = written(path);
    return new CheckpointSource(
        written.checkpoint, HubModels.here(written.recipe, written.checkpoint.run()));
  }

  /// With the recipe as it was written, ids of the hub in it.
  static CheckpointSource written(Path path) {
    Checkpoint checkpoint = Checkpoints.open(path);
    Path resolved = RunDirectory.resolvedRecipe(checkpoint.run());
    if (!Files.isRegularFile(resolved)) {
      throw new ModelException(
          path
              + ": a checkpoint away from its run (expected the recipe in "
              + resolved
              + "); give it where the run wrote it");
    }
    return new CheckpointSource(
        checkpoint, RecipeLoader.load(resolved, List.of(), Template.names()).recipe());
  }

  @Override
  public LlavaFiles files() {
    return new RecipeModel(recipe).files();
  }

  @Override
  public ModelCard card() {
    return new RecipeModel(recipe).card(stage());
  }

  private Recipe.Stage stage() {
    String name = checkpoint.manifest().stage();
    return recipe.stages().stream()
        .filter(s -> s.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new ModelException(
                checkpoint.directory()
                    + ": stage '"
                    + name
                    + "' is not one of its run's recipe; the two belong to different runs"));
  }

  @Override
  public Optional<ModelShape> shape() {
    RecipeModel named = new RecipeModel(recipe);
    return Optional.of(named.shape().with("decoder", named.quantisation()));
  }

  @Override
  public Quantisation quantisation() {
    return new RecipeModel(recipe).quantisation();
  }

  @Override
  public Lineage lineage() {
    return new RecipeModel(recipe).lineage(stage());
  }

  @Override
  public List<Path> places() {
    return List.of(checkpoint.directory());
  }

  @Override
  public boolean isAdapted() {
    return !adapters().during(stage()).isEmpty();
  }

  @Override
  public VisionLanguageModel load(PartLoader loader) {
    Engine engine = loader.engine();
    VisionLanguageModel model = new RecipeModel(recipe).load(engine, loader.scope(), loader.type());
    new AdapterStages(recipe, adapters(), engine, loader.scope())
        .enterAllUpTo(checkpoint.manifest().stage(), model);
    RunState.loadWeights(engine, checkpoint, model);
    return model;
  }

  private StageAdapters adapters() {
    return StageAdapters.of(recipe, new RecipeModel(recipe).shape());
  }
}
