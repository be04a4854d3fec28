package dev.jlava.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The reference vectors of Hugging Face and LLaVA that ship with the tests; `tools/golden` makes
/// them.
public final class Golden {
  private Golden() {}

  /// Path of a golden file or folder, such as `train/data.json`. It lies in this module's
  /// `target/classes`, also when Maven puts the packaged jar beside it on the class path.
  public static Path path(String name) {
    Path home;
    try {
      home = Path.of(Golden.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(name, e);
    }
    Path classes = Files.isDirectory(home) ? home : home.resolveSibling("classes");
    Path path = classes.resolve("golden").resolve(name);
    if (!Files.exists(path)) {
      throw new IllegalArgumentException(path + ": no such golden file");
    }
    return path;
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
