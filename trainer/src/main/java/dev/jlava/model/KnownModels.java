package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.hub.HubId;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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
    Optional<HubId> id = HubId.of(path);
    if (id.isEmpty()) {
      return LlavaConfig.json(path);
    }
    JsonNode table = table();
    JsonNode model = table.path(id.get().unversioned());
    if (model.isMissingNode()) {
      throw new ModelException(
          path
              + ": not a local directory, and not a model whose sizes are known (known: "
              + StreamSupport.stream(
                      ((Iterable<String>) () -> table.fieldNames()).spliterator(), false)
                  .sorted()
                  .toList()
              + "); "
              + fetch(path));
    }
    return model.path("config");
  }

  /// What to say of a path that is no file here but may be the id of a model on the hub.
  static Optional<String> notLocal(Path path) {
    return HubId.of(path).map(id -> path + ": not a local directory; " + fetch(path));
  }

  private static String fetch(Path id) {
    return "check the path, or fetch the model: ./jlava model pull " + id;
  }

  private static JsonNode table() {
    try (InputStream in = KnownModels.class.getResourceAsStream(TABLE)) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in, TABLE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
