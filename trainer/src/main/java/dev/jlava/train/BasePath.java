package dev.jlava.train;

import dev.jlava.model.ModelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Where the base of an adapter or a projector is.
final class BasePath {
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
                    directory + ": does not name the model that it was trained on; give --base")));
    List<Path> places =
        List.of(
            name,
            directory.resolve(name).normalize(),
            directory.resolveSibling(name).normalize(),
            directory.resolveSibling(name.getFileName()));
    return places.stream()
        .filter(Files::isDirectory)
        .findFirst()
        .orElseThrow(() ->
            new ModelException(
                directory
                    + ": its base '"
                    + name
                    + "' is not found (looked in "
                    + String.join(", ", places.stream().distinct().map(Path::toString).toList())
                    + "); give --base"));
  }
}
