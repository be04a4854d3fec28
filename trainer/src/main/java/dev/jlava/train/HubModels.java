package dev.jlava.train;

import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.hub.Hub;
import dev.jlava.hub.HubException;
import dev.jlava.hub.HubId;
import dev.jlava.hub.HubUse;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Models that are named by their ids on the hub, with local directories in place of the ids.
public final class HubModels {
  private final Hub hub;

  public HubModels(Hub hub) {
    this.hub = hub;
  }

  /// What `--model` stands for, as [ModelSource#find] has it. Fetched are a model that is named by
  /// its id, the base that an adapter names, and what a checkpoint's recipe names.
  ///
  /// @param base the model behind an adapter or a projector, in place of the one that it names
  public ModelSource source(Path path, Optional<Path> base) {
    Path directory = directory(path);
    if (base.isEmpty() && Checkpoints.isCheckpoint(directory)) {
      CheckpointSource found = CheckpointSource.written(directory);
      return new CheckpointSource(
          found.checkpoint(), fetched(found.recipe(), found.checkpoint().run()));
    }
    Optional<Path> named = base.or(() -> BasePath.onHub(directory));
    try {
      return ModelSource.find(directory, named.map(this::directory));
    } catch (HubException e) {
      throw base.isPresent()
          ? e
          : new HubException(directory + ": its base " + e.getMessage() + "; or give --base", e);
    }
  }

  /// What `--model` stands for, without a base in place of the one that it names.
  public ModelSource source(Path path) {
    return source(path, Optional.empty());
  }

  /// What `--adapter` stands for, with directories in place of ids.
  ///
  /// @param written each `DIR` or `DIR=NAME`
  public List<String> adapters(List<String> written) {
    return written.stream()
        .map(AdaptedSource.Named::of)
        .map(adapter -> hub.local(adapter.directory(), HubUse.ADAPTER) + "=" + adapter.name())
        .toList();
  }

  /// A model's directory or GGUF file, with the tower that the original layout names; fetched where
  /// they are hub ids that are not in the cache.
  private Path directory(Path path) {
    Path directory = hub.local(path, HubUse.WHOLE);
    LlavaDirectory.missingTower(directory).ifPresent(tower -> hub.local(tower, HubUse.VISION));
    return directory;
  }

  /// A recipe whose models are all here; those that are not are fetched. A run that has begun keeps
  /// the commits that it began with.
  ///
  /// @param run the run's directory
  /// @throws HubException with every model that cannot be had
  public Recipe fetched(Recipe recipe, Path run) {
    Map<String, String> commits = RunFacts.commits(run);
    List<String> problems = new ArrayList<>();
    ModelPaths paths =
        new ModelPaths((key, named, use) -> {
          Path path = at(named, commits.get(key));
          try {
            return use == HubUse.WHOLE ? whole(path) : hub.local(path, use);
          } catch (HubException e) {
            problems.add(key + ": " + e.getMessage());
            return path;
          }
        });
    Recipe local = paths.replaced(recipe);
    if (!problems.isEmpty()) {
      throw new HubException(String.join("\n", problems));
    }
    return local;
  }

  /// A recipe with the directories of those of its models that are here; ids stay of the others.
  public Recipe cached(Recipe recipe) {
    return new ModelPaths((_, path, use) -> hub.cached(path, use).orElse(path)).replaced(recipe);
  }

  /// The model at a recipe's path; of a checkpoint, what its run was made of is fetched too.
  private Path whole(Path path) {
    Path directory = directory(path);
    if (Checkpoints.isCheckpoint(directory)) {
      source(directory);
    }
    return directory;
  }

  /// A recipe of a run with the directories that the cache of the environment has of its models, at
  /// the commits that the run began with; ids stay of the others.
  static Recipe here(Recipe recipe, Path run) {
    Map<String, String> commits = RunFacts.commits(run);
    return new ModelPaths(
            (key, path, use) -> Hub.here(at(path, commits.get(key)), use).orElse(path))
        .replaced(recipe);
  }

  private static Path at(Path path, @Nullable String commit) {
    return commit == null
        ? path
        : HubId.of(path).map(id -> Path.of(id.at(commit).toString())).orElse(path);
  }

  /// The commits of the hub's models that a recipe has in the cache, by its keys.
  static Map<String, String> commits(Recipe recipe) {
    Map<String, String> commits = new TreeMap<>();
    new ModelPaths(
            (key, path, _) -> {
              Hub.named(path).ifPresent(id -> commits.put(key, id.revision()));
              return path;
            })
        .replaced(recipe);
    return commits;
  }
}
