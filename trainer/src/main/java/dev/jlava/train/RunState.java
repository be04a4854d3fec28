package dev.jlava.train;

import dev.jlava.checkpoint.Checkpoint;
import dev.jlava.checkpoint.CheckpointException;
import dev.jlava.checkpoint.CheckpointWriter;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.checkpoint.Keep;
import dev.jlava.checkpoint.Manifest;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.model.LlavaWriter;
import dev.jlava.model.Part;
import dev.jlava.model.PartLoader;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.SafetensorsWriter;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a run needs to go on as if it had never stopped: the weights trained so far and the
/// optimizer's state. The place in the data and every random draw follow from the step.
final class RunState {
  private final Recipe recipe;
  private final RunDirectory directory;
  private final VisionLanguageModel model;

  RunState(Recipe recipe, RunDirectory directory, VisionLanguageModel model) {
    this.recipe = recipe;
    this.directory = directory;
    this.model = model;
  }

  /// Which checkpoints the recipe keeps.
  static Keep keep(Recipe recipe) {
    Recipe.Checkpoint settings = recipe.checkpoint();
    return new Keep(settings.keep(), settings.keepEvery(), settings.best());
  }

  /// The run's checkpoints.
  Checkpoints checkpoints() {
    return directory.checkpoints(keep(recipe));
  }

  /// What writes them.
  CheckpointWriter writer() {
    return new CheckpointWriter(checkpoints(), recipe.checkpoint().background());
  }

  /// The manifest of a checkpoint behind a step of a stage, but for its files.
  Manifest place(Recipe.Stage stage, StageSaves.Moment at) {
    return new Manifest(
        stage.name(),
        at.step(),
        at.finished(),
        directory.metricsBytes(),
        directory.recipeHash(),
        at.validationLoss(),
        Map.of());
  }

  /// The tensors of a checkpoint as they are now; a finished stage leaves no optimizer state.
  Checkpoints.Contents contents(Recipe.Stage stage, Optimizer optimizer, boolean finished) {
    List<SafetensorsWriter.Item> state = new ArrayList<>();
    if (!finished) {
      optimizer.state().forEach((name, tensor) -> state.add(item(name, tensor)));
    }
    return new Checkpoints.Contents(weights(stage), state);
  }

  /// What this stage or one before it trains: parts, or their adapters.
  private List<SafetensorsWriter.Item> weights(Recipe.Stage last) {
    Set<String> whole = RecipeModel.trainedWhole(recipe, last);
    List<SafetensorsWriter.Item> items = new ArrayList<>();
    for (Part part : model.parts()) {
      Set<Parameter> saved = new LinkedHashSet<>();
      if (whole.contains(part.name())) {
        saved.addAll(part.parameters());
      }
      part.adapters().values().forEach(adapter -> saved.addAll(adapter.parameters()));
      saved.forEach(p -> items.add(LlavaWriter.item(part, p)));
    }
    return items;
  }

  private static SafetensorsWriter.Item item(String name, Tensor tensor) {
    return new SafetensorsWriter.Item(
        name, Dtype.valueOf(tensor.type().name()), tensor.shape(), tensor::bytes);
  }

  /// Puts a checkpoint's weights into the model, in the model's dtype.
  static void loadWeights(Engine engine, Checkpoint checkpoint, VisionLanguageModel model) {
    Map<String, Tensor> targets = new HashMap<>();
    for (Part part : model.parts()) {
      Set<Parameter> all = new LinkedHashSet<>(part.parameters());
      part.adapters().values().forEach(adapter -> all.addAll(adapter.parameters()));
      all.forEach(p -> targets.put(LlavaWriter.item(part, p).name(), p.value()));
    }
    load(engine, checkpoint.weights(), targets, false);
  }

  /// Puts a checkpoint's optimizer state into an optimizer.
  static void loadState(Engine engine, Checkpoint checkpoint, Optimizer optimizer) {
    load(engine, checkpoint.state(), optimizer.state(), true);
  }

  private static void load(Engine engine, Path file, Map<String, Tensor> targets, boolean all) {
    try (WeightFiles files = WeightFiles.open(file)) {
      for (TensorEntry entry : files.entries().values()) {
        Tensor target = targets.get(entry.name());
        if (target == null || !Arrays.equals(target.shape(), entry.shape())) {
          throw new CheckpointException(
              file
                  + ": tensor '"
                  + entry.name()
                  + "' "
                  + Arrays.toString(entry.shape())
                  + " has no place in this run (found "
                  + target
                  + "); the checkpoint is of another model");
        }
        copy(engine, entry, target);
      }
      if (all && files.entries().size() != targets.size()) {
        throw new CheckpointException(
            file
                + ": holds "
                + files.entries().size()
                + " tensors, expected "
                + targets.size()
                + "; the checkpoint is of another optimizer");
      }
    }
  }

  private static void copy(Engine engine, TensorEntry entry, Tensor target) {
    if (entry.dtype().name().equals(target.type().name())) {
      target.write(entry.data());
      return;
    }
    try (Scope temporary = new Scope()) {
      Tensor value = new PartLoader(engine, temporary, target.type()).value(entry);
      engine.ops(temporary).copyInto(target, value);
    }
  }
}
