package dev.jlava.train;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.model.AdapterLayout;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PeftDirectory;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// The adapters that each stage of a recipe works with, by part. An adapter stays where it is until
/// a stage trains its part whole, which begins by merging it; a stage that does not name its part
/// leaves it as it is, frozen and at work.
///
/// @param byStage by the stage's name, in their order
record StageAdapters(Map<String, Map<String, Attached>> byStage) {

  /// An adapter as the recipe has it, and what it comes to in the model.
  ///
  /// @param since the stage that begins with it
  record Attached(String since, Recipe.Adapter written, AdapterLayout layout) {}

  /// Resolves and checks the adapters of every stage.
  ///
  /// @throws RecipeException where adapters of a stage do not fit the model or each other
  static StageAdapters of(Recipe recipe, ModelShape shape) {
    Map<String, Map<String, Attached>> stages = new LinkedHashMap<>();
    Map<String, Attached> current = Map.of();
    for (Recipe.Stage stage : recipe.stages()) {
      current = next(stage, current, shape);
      requireAlike(stage, current);
      stages.put(stage.name(), current);
    }
    return new StageAdapters(stages);
  }

  /// The adapters during a stage.
  Map<String, Attached> during(Recipe.Stage stage) {
    return Objects.requireNonNull(byStage.get(stage.name()), stage.name());
  }

  private static Map<String, Attached> next(
      Recipe.Stage stage, Map<String, Attached> before, ModelShape shape) {
    Map<String, Attached> now = new TreeMap<>(before);
    stage
        .train()
        .byPart()
        .forEach((part, train) -> {
          Recipe.Adapter adapter = train.adapter();
          Attached old = now.get(part);
          if (adapter == null) {
            now.remove(part);
          } else if (old == null) {
            now.putAll(attached(stage, part, adapter, shape));
          } else if (!old.written().equals(adapter)) {
            throw wrong(
                stage,
                part,
                "differs from that of stage %s, which it would go on with (found %s, expected %s);"
                        .formatted(old.since(), adapter, old.written())
                    + " give both the same keys");
          }
        });
    return now;
  }

  private static Map<String, Attached> attached(
      Recipe.Stage stage, String part, Recipe.Adapter adapter, ModelShape shape) {
    Path path = adapter.path();
    Map<String, LoraSettings> settings =
        path == null
            ? Map.of(part, settings(stage, part, adapter))
            : PeftDirectory.settings(path, adapter.lrRatio());
    if (!settings.containsKey(part)) {
      throw wrong(
          stage,
          part,
          "%s has adapters of %s only; name another directory".formatted(path, settings.keySet()));
    }
    Map<String, Attached> all = new TreeMap<>();
    settings.forEach((name, found) ->
        all.put(
            name,
            new Attached(
                stage.name(), adapter, AdapterLayout.of(name, shape.tensors(name), found))));
    return all;
  }

  /// The one place where a recipe's keys become an adapter's settings.
  private static LoraSettings settings(Recipe.Stage stage, String part, Recipe.Adapter a) {
    try {
      return new LoraSettings(
          a.r(),
          a.alpha(),
          a.dropout(),
          LoraTargets.of(a.targets()),
          a.rslora(),
          a.dora(),
          LoraSettings.Bias.valueOf(a.bias().name()),
          a.lrRatio(),
          a.modulesToSave());
    } catch (IllegalArgumentException e) {
      throw wrong(stage, part, String.valueOf(e.getMessage()));
    }
  }

  /// The adapters of a model are written as one PEFT directory, which has one configuration.
  private static void requireAlike(Recipe.Stage stage, Map<String, Attached> adapters) {
    adapters.forEach((part, adapter) ->
        adapters.forEach((other, otherAdapter) -> {
          LoraSettings settings = adapter.layout().settings();
          if (!settings.writtenLike(otherAdapter.layout().settings())) {
            throw wrong(
                stage,
                part,
                "differs from that of the "
                    + other
                    + "; adapters of one model share r, alpha, dropout, rslora, dora and bias");
          }
        }));
  }

  private static RecipeException wrong(Recipe.Stage stage, String part, String what) {
    return new RecipeException(
        "stages.%s.train.%s.adapter: %s".formatted(stage.name(), part, what));
  }
}
