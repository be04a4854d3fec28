package dev.jlava.train;

import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.model.Adapters;
import dev.jlava.model.Merge;
import dev.jlava.model.Part;
import dev.jlava.model.PeftDirectory;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/// Carries the adapters of a recipe into its model, stage by stage, and out of it at the end.
final class AdapterStages {
  /// Where the final model's directory has its adapter.
  private static final String DIRECTORY = "adapter";

  private final Recipe recipe;
  private final StageAdapters stages;
  private final Engine engine;
  private final Scope scope;

  /// @param scope the model's scope, which owns the adapters' weights
  AdapterStages(Recipe recipe, StageAdapters stages, Engine engine, Scope scope) {
    this.recipe = recipe;
    this.stages = stages;
    this.engine = engine;
    this.scope = scope;
  }

  /// Brings a model from what it is before a stage to what it is during it: adapters that the stage
  /// begins with are attached, those of parts that it trains whole are merged. Changes nothing in a
  /// model that is there already.
  void enter(Recipe.Stage stage, VisionLanguageModel model) {
    var wanted = stages.during(stage);
    for (Part part : model.parts()) {
      StageAdapters.OfPart adapters = wanted.get(part.name());
      if (adapters != null) {
        adapters.all().forEach((name, adapter) -> attach(part, name, adapter, model));
        part.activate(adapters.active());
      } else if (!part.adapters().isEmpty()) {
        Merge.permanently(engine, part);
      }
    }
  }

  /// Attaches an adapter where it is not yet; one from a file comes with those of other parts.
  private void attach(
      Part part, String name, StageAdapters.Attached adapter, VisionLanguageModel model) {
    if (part.adapters().containsKey(name)) {
      return;
    }
    Adapters adapters = new Adapters(engine, scope);
    Path path = adapter.written().path();
    if (path == null) {
      adapters.attach(part, name, adapter.layout().settings(), recipe.seed());
    } else {
      double lrRatio = adapter.written().lrRatio();
      PeftDirectory.load(
          adapters, model.parts(), path, new PeftDirectory.Loading(name, recipe.seed(), lrRatio));
    }
  }

  /// Brings a model to a stage through those before it, so that a checkpoint of the stage finds the
  /// weights it has in their places.
  void enterAllUpTo(String name, VisionLanguageModel model) {
    for (Recipe.Stage stage : recipe.stages()) {
      enter(stage, model);
      if (stage.name().equals(name)) {
        return;
      }
    }
  }

  /// Writes the adapters that a model has by themselves, with the parts that were trained whole,
  /// and merges them. Those of a quantised part stay: the writer merges them weight by weight.
  ///
  /// @param notes told where there cannot be such a directory
  void finish(VisionLanguageModel model, Path target, Consumer<String> notes) {
    if (model.parts().stream().allMatch(part -> part.adapters().isEmpty())) {
      return;
    }
    RecipeModel named = new RecipeModel(recipe);
    Recipe.Stage last = recipe.stages().getLast();
    Lineage lineage = named.lineage(last);
    Optional<String> obstacle = lineage.obstacle(model);
    if (obstacle.isEmpty()) {
      lineage.saveAdapters(model, named.card(last), target.resolve(DIRECTORY));
    } else {
      notes.accept("No adapter directory beside the merged model: " + obstacle.get());
    }
    Merge.all(engine, model);
  }
}
