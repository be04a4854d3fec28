package dev.jlava.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;

/// The reference vectors of Hugging Face and LLaVA that ship with the tests; `tools/golden` makes
/// them.
public final class Golden {
  private Golden() {}

  /// Path of a golden file or folder, such as `train/data.json`.
  public static Path path(String name) {
    URI uri;
    try {
      uri = Objects.requireNonNull(Golden.class.getResource("/golden/" + name), name).toURI();
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(name, e);
    }
    if (!uri.getScheme().equals("file")) {
      throw new IllegalStateException(
          name + ": golden files are read from target/classes; found " + uri);
    }
    return Path.of(uri);
  }

  /// A golden JSON file.
  public static JsonNode json(String name) {
    try {
      return new ObjectMapper().readTree(path(name).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A golden safetensors file.
  public static GoldenTensors tensors(String name) {
    return GoldenTensors.read(path(name));
  }
}
