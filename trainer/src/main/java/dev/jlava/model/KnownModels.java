package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.StreamSupport;

/// Models of the Hugging Face hub whose sizes are known without their files: what the shipped
/// recipes name. The table is `known-models.json`, which gives the source of each entry.
public final class KnownModels {
  private static final String TABLE = "known-models.json";

  private KnownModels() {}

  /// The JSON of `config.json`: of a model directory, or of a model of the hub by its id.
  ///
  /// @throws ModelException where the path is neither
  static JsonNode config(Path path) {
    if (!isHubId(path)) {
      return LlavaConfig.json(path);
    }
    JsonNode table = table();
    JsonNode model = table.path(path.toString());
    if (model.isMissingNode()) {
      throw new ModelException(
          path
              + ": not a local directory, and not a model whose sizes are known (known: "
              + StreamSupport.stream(
                      ((Iterable<String>) () -> table.fieldNames()).spliterator(), false)
                  .sorted()
                  .toList()
              + "); "
              + download(path));
    }
    return model.path("config");
  }

  /// What to say of a path that is no file here but may be the id of a model on the hub.
  public static Optional<String> notLocal(Path path) {
    return isHubId(path)
        ? Optional.of(path + ": not a local directory; " + download(path))
        : Optional.empty();
  }

  /// Whether a path is no file here, but may be the id of a model on the hub: `owner/name`.
  private static boolean isHubId(Path path) {
    return path.toString().matches("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*")
        && !Files.exists(path);
  }

  /// How a model of the hub becomes a local directory.
  private static String download(Path id) {
    return "download it (huggingface-cli download %s --local-dir models/%s) and give its path"
        .formatted(id, id.getFileName());
  }

  private static JsonNode table() {
    try (InputStream in = KnownModels.class.getResourceAsStream(TABLE)) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in, TABLE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
