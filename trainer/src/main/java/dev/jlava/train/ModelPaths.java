package dev.jlava.train;

import dev.jlava.hub.HubUse;
import dev.jlava.recipe.Recipe;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The paths of a recipe that name models, each to be replaced by the place where its files are.
///
/// @param place where the files of a path are
record ModelPaths(Place place) {
  /// Where the files of a path are.
  interface Place {
    /// The place of one path.
    ///
    /// @param key of the recipe: `model.decoder.path`
    Path of(String key, Path path, HubUse use);
  }

  /// The same recipe with every path replaced.
  Recipe replaced(Recipe recipe) {
    return recipe.with(
        model(recipe.model()), recipe.stages().stream().map(this::replaced).toList());
  }

  private Recipe.Model model(Recipe.Model model) {
    Path path = model.path();
    return path == null ? parts(model) : whole(model, place.of("model.path", path, HubUse.WHOLE));
  }

  /// An adapter or a projector at the path brings the base that it names, if that is on the hub.
  private Recipe.Model whole(Recipe.Model model, Path found) {
    Optional<Path> base = Optional.ofNullable(model.base()).or(() -> BasePath.onHub(found));
    return model.at(
        found, base.map(path -> place.of("model.base", path, HubUse.WHOLE)).orElse(null));
  }

  private Recipe.Model parts(Recipe.Model model) {
    Recipe.Vision vision = model.vision();
    Recipe.Projector projector = model.projector();
    Recipe.Decoder decoder = model.decoder();
    return model.of(
        vision == null
            ? null
            : vision.at(place.of("model.vision.path", vision.path(), HubUse.VISION)),
        projector == null ? null : replaced(projector),
        decoder == null
            ? null
            : decoder.at(place.of("model.decoder.path", decoder.path(), HubUse.DECODER)));
  }

  private Recipe.Projector replaced(Recipe.Projector projector) {
    Path path = projector.path();
    return path == null
        ? projector
        : projector.at(place.of("model.projector.path", path, HubUse.ANY));
  }

  private Recipe.Stage replaced(Recipe.Stage stage) {
    String key = "stages." + stage.name() + ".train.";
    Recipe.Trained trained = stage.train();
    return stage.with(
        new Recipe.Trained(
            replaced(key + "vision", trained.vision()),
            replaced(key + "projector", trained.projector()),
            replaced(key + "decoder", trained.decoder())));
  }

  private Recipe.@Nullable Train replaced(String key, Recipe.@Nullable Train train) {
    Recipe.Adapter adapter = train == null ? null : train.adapter();
    Path path = adapter == null ? null : adapter.path();
    return train == null || adapter == null || path == null
        ? train
        : train.with(adapter.at(place.of(key + ".adapter.path", path, HubUse.ADAPTER)));
  }
}
