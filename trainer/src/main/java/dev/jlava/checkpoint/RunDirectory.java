package dev.jlava.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Where a run writes: its recipe, a line of metrics a step, and the final model.
public final class RunDirectory {
  private final Path path;

  private RunDirectory(Path path) {
    this.path = path;
  }

  /// Makes the directory for a new run and keeps a copy of its recipe there.
  ///
  /// @throws CheckpointException where another run has written there
  public static RunDirectory create(Path path, Path recipe) {
    Path metrics = path.resolve("metrics.jsonl");
    if (Files.exists(metrics)) {
      throw new CheckpointException(
          path
              + ": holds a run already (found "
              + metrics
              + "); choose another output in the recipe, or move that run away");
    }
    try {
      Files.createDirectories(path);
      Files.write(path.resolve("recipe.yaml"), Files.readAllBytes(recipe));
      Files.createFile(metrics);
    } catch (IOException e) {
      throw new CheckpointException(
          path + ": cannot be written (" + e + "); choose another output", e);
    }
    return new RunDirectory(path);
  }

  /// Adds a line to `metrics.jsonl`.
  public void log(ObjectNode metrics) {
    try {
      Files.writeString(path.resolve("metrics.jsonl"), metrics + "\n", StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new CheckpointException(path + "/metrics.jsonl: cannot be written (" + e + ")", e);
    }
  }

  /// Where the trained model goes.
  public Path finalModel() {
    return path.resolve("final");
  }
}
