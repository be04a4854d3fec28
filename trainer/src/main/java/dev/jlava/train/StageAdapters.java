package dev.jlava.train;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.model.AdapterLayout;
import dev.jlava.model.ModelException;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PeftDirectory;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// The adapters that each stage of a recipe works with, by part. An adapter stays where it is until
/// a stage trains its part whole, which begins by merging it; a stage that does not name its part
/// leaves it as it is, frozen and at work. A stage that trains another adapter of the part says
/// which stay at work beside it; the rest are kept and do nothing.
///
/// @param byStage by the stage's name, in their order
record StageAdapters(Map<String, Map<String, OfPart>> byStage) {

  /// The adapters of one part during a stage.
  ///
  /// @param all by name, in the order in which they came
  /// @param active names of those at work; the last is the one that training means
  record OfPart(Map<String, Attached> all, List<String> active) {
    private static final OfPart NONE = new OfPart(Map.of(), List.of());

    /// With another adapter, to be the one that trains.
    private OfPart with(String name, Attached adapter, List<String> beside) {
      Map<String, Attached> more = new LinkedHashMap<>(all);
      more.put(name, adapter);
      List<String> atWork = new ArrayList<>(beside);
      atWork.add(name);
      return new OfPart(more, atWork);
    }

    /// The layouts of those at work, in their order.
    List<AdapterLayout> atWork() {
      return active.stream().map(name -> get(name).layout()).toList();
    }

    private Attached get(String name) {
      return Objects.requireNonNull(all.get(name), name);
    }
  }

  /// An adapter as the recipe has it, and what it comes to in the model.
  ///
  /// @param since the stage that begins with it
  record Attached(String since, Recipe.Adapter written, AdapterLayout layout) {}

  /// Resolves and checks the adapters of every stage.
  ///
  /// @throws RecipeException where adapters of a stage do not fit the model or each other
  static StageAdapters of(Recipe recipe, ModelShape shape) {
    Map<String, Map<String, OfPart>> stages = new LinkedHashMap<>();
    Map<String, OfPart> current = Map.of();
    for (Recipe.Stage stage : recipe.stages()) {
      current = next(stage, current, shape);
      requireAlike(stage, current);
      stages.put(stage.name(), current);
    }
    return new StageAdapters(stages);
  }

  /// The adapters during a stage.
  Map<String, OfPart> during(Recipe.Stage stage) {
    return Objects.requireNonNull(byStage.get(stage.name()), stage.name());
  }

  private static Map<String, OfPart> next(
      Recipe.Stage stage, Map<String, OfPart> before, ModelShape shape) {
    Map<String, OfPart> now = new TreeMap<>(before);
    stage
        .train()
        .byPart()
        .forEach((part, train) -> {
          Recipe.Adapter adapter = train.adapter();
          if (adapter == null) {
            now.remove(part);
            return;
          }
          OfPart old = now.getOrDefault(part, OfPart.NONE);
          Attached same = old.all().get(adapter.name());
          requireThere(stage, part, adapter, old);
          if (same != null) {
            requireSame(stage, part, adapter, same);
            now.put(part, old.with(adapter.name(), same, adapter.active()));
          } else {
            attached(stage, part, adapter, shape)
                .forEach((name, found) -> {
                  OfPart its = now.getOrDefault(name, OfPart.NONE);
                  List<String> beside = name.equals(part) ? adapter.active() : its.active();
                  now.put(name, its.with(adapter.name(), found, beside));
                });
          }
        });
    return now;
  }

  private static void requireThere(
      Recipe.Stage stage, String part, Recipe.Adapter adapter, OfPart old) {
    for (String name : adapter.active()) {
      if (!old.all().containsKey(name) || name.equals(adapter.name())) {
        throw wrong(
            stage,
            part,
            "active names '%s', which is no other adapter of the part (found %s)"
                .formatted(name, old.all().keySet()));
      }
    }
  }

  private static void requireSame(
      Recipe.Stage stage, String part, Recipe.Adapter adapter, Attached old) {
    Recipe.Adapter written = adapter.withActive(old.written().active());
    if (!old.written().equals(written)) {
      throw wrong(
          stage,
          part,
          "differs from that of stage %s, which it would go on with (found %s, expected %s);"
                  .formatted(old.since(), written, old.written())
              + " give both the same keys, or this one another name");
    }
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
    try {
      settings.forEach((name, found) ->
          all.put(
              name,
              new Attached(
                  stage.name(), adapter, AdapterLayout.of(name, shape.tensors(name), found))));
    } catch (ModelException e) {
      throw wrong(stage, part, String.valueOf(e.getMessage()));
    }
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

  /// Adapters of one name are written as one PEFT directory, which has one configuration.
  private static void requireAlike(Recipe.Stage stage, Map<String, OfPart> parts) {
    parts.forEach((part, adapters) ->
        adapters
            .all()
            .forEach((name, adapter) ->
                parts.forEach((other, others) -> {
                  Attached its = others.all().get(name);
                  LoraSettings settings = adapter.layout().settings();
                  if (its != null && !settings.writtenLike(its.layout().settings())) {
                    throw wrong(
                        stage,
                        part,
                        "differs from that of the "
                            + other
                            + "; adapters of one name share r, alpha, dropout, rslora, dora and"
                            + " bias");
                  }
                })));
  }

  private static RecipeException wrong(Recipe.Stage stage, String part, String what) {
    return new RecipeException(
        "stages.%s.train.%s.adapter: %s".formatted(stage.name(), part, what));
  }
}
