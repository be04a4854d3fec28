package dev.jlava.train;

import dev.jlava.hub.HubId;
import dev.jlava.model.DirectoryKind;
import dev.jlava.model.ModelException;
import dev.jlava.model.OriginalTraining;
import dev.jlava.model.PeftDirectory;
import dev.jlava.weights.gguf.GgufPair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Where the base of an adapter or a projector is.
final class BasePath {
  private static final String GIVE = "--base (model.base in a recipe)";

  private BasePath() {}

  /// The base that was given, else the one that is named, which counts from wherever the training
  /// ran.
  ///
  /// @param directory of the adapter or the projector
  static Path find(Path directory, Optional<Path> given, Optional<String> named) {
    if (given.isPresent()) {
      return given.get();
    }
    Path name =
        Path.of(
            named.orElseThrow(() ->
                new ModelException(
                    directory + ": does not name the model that it was trained on; give " + GIVE)));
    List<Path> places = places(directory, name);
    return places.stream()
        .filter(BasePath::isThere)
        .findFirst()
        .orElseThrow(() ->
            new ModelException(
                directory
                    + ": its base '"
                    + name
                    + "' is not found (looked in "
                    + String.join(", ", places.stream().distinct().map(Path::toString).toList())
                    + "); give "
                    + GIVE));
  }

  private static boolean isThere(Path place) {
    return Files.isDirectory(place) || GgufPair.is(place);
  }

  private static List<Path> places(Path directory, Path named) {
    Path name = HubId.of(named).map(id -> Path.of(id.unversioned())).orElse(named);
    return List.of(
        name,
        directory.resolve(name).normalize(),
        directory.resolveSibling(name).normalize(),
        directory.resolveSibling(name.getFileName()));
  }

  /// The id of the base that a directory names, where it is not found here; nothing for directories
  /// of other kinds.
  static Optional<Path> onHub(Path directory) {
    Optional<String> named =
        switch (DirectoryKind.of(directory).orElse(DirectoryKind.LLAVA)) {
          case ADAPTER -> PeftDirectory.base(directory);
          case ORIGINAL_TRAINING -> OriginalTraining.open(directory).namedBase();
          case LLAVA, DECODER -> Optional.empty();
        };
    return named
        .map(Path::of)
        .filter(name -> places(directory, name).stream().noneMatch(BasePath::isThere))
        .filter(name -> HubId.of(name).isPresent());
  }
}
