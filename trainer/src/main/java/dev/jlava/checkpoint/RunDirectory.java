package dev.jlava.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.recipe.RecipeLoader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/// Where a run writes, and goes on from: `resolved.yaml`, `run.json`, `log.txt`, `metrics.jsonl`,
/// checkpoints under `stages`, and `final`.
public final class RunDirectory implements AutoCloseable {
  private static final String RESOLVED = "resolved.yaml";
  private static final String METRICS = "metrics.jsonl";
  private static final String FINAL = "final";

  /// What a run has to lose; a directory without any of these is not a run yet.
  private static final List<String> RESULTS = List.of(METRICS, Checkpoints.STAGES, FINAL);

  /// Differences that change no number of the steps done, and so may come between the parts of a
  /// run.
  private static final Pattern FREE =
      Pattern.compile(
          "(checkpoint\\.|eval\\.|runtime\\.workers:|stages\\.\\d+\\.problems\\."
              + "(allowed:|bad_image: was error,|too_long: was error,)).*");

  private final Path path;
  private final String resolved;
  private final FileChannel lock;

  private RunDirectory(Path path, String resolved, FileChannel lock) {
    this.path = path;
    this.resolved = resolved;
    this.lock = lock;
  }

  /// Opens the directory of a run, new or begun.
  ///
  /// @param resolved the recipe with every default written out
  /// @throws CheckpointException where another recipe has run there, or another process is running
  public static RunDirectory open(Path path, String resolved) {
    try {
      Files.createDirectories(path);
      FileChannel lock = lock(path);
      try {
        refuseOthers(path, resolved);
        replace(resolvedRecipe(path), resolved);
        return new RunDirectory(path, resolved, lock);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new CheckpointException(
          path + ": cannot be written (" + e + "); choose another output", e);
    }
  }

  private static FileChannel lock(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new CheckpointException(
          path + ": another process is training here; wait for it, or choose another output");
    }
    return channel;
  }

  /// Whether a directory is a run's.
  public static boolean isRun(Path directory) {
    return Files.isRegularFile(resolvedRecipe(directory));
  }

  /// The recipe of a run, with every default written out.
  public static Path resolvedRecipe(Path run) {
    return run.resolve(RESOLVED);
  }

  /// Where a run's trained model is once the run is done.
  public static Path finalModel(Path run) {
    return run.resolve(FINAL);
  }

  private static void refuseOthers(Path path, String resolved) throws IOException {
    Path recipe = resolvedRecipe(path);
    boolean begun = RESULTS.stream().anyMatch(name -> Files.exists(path.resolve(name)));
    if (begun && Files.exists(recipe)) {
      List<String> differences =
          RecipeLoader.differences(Files.readString(recipe), resolved).stream()
              .filter(line -> !FREE.matcher(line).matches())
              .toList();
      if (!differences.isEmpty()) {
        throw new CheckpointException(
            path
                + ": holds a run of another recipe; choose another output, or take these changes"
                + " back:\n  "
                + String.join("\n  ", differences));
      }
    } else if (begun) {
      throw new CheckpointException(
          path
              + ": holds a run without its resolved.yaml (found one of "
              + RESULTS
              + "); choose another"
              + " output, or move that run away");
    }
  }

  /// The checkpoints of the run.
  public Checkpoints checkpoints(Keep keep) {
    return new Checkpoints(path.resolve(Checkpoints.STAGES), keep);
  }

  /// SHA-256 of the resolved recipe.
  public String recipeHash() {
    byte[] text = resolved.getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(Checkpoints.sha256().digest(text));
  }

  /// Adds a line to `metrics.jsonl`.
  public void log(ObjectNode metrics) {
    append(METRICS, metrics + "\n");
  }

  /// Adds a line to `log.txt`.
  public void say(String line) {
    append("log.txt", line + "\n");
  }

  private void append(String file, String text) {
    try {
      Files.writeString(
          path.resolve(file), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new CheckpointException(
          path.resolve(file) + ": cannot be written (" + e + "); make room and start again", e);
    }
  }

  /// Length of `metrics.jsonl`.
  public long metricsBytes() {
    try {
      Path file = path.resolve(METRICS);
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new CheckpointException(path + "/metrics.jsonl: cannot be read (" + e + ")", e);
    }
  }

  /// Takes back the metrics of steps that will be done again.
  public void truncateMetrics(long bytes) {
    Path file = path.resolve(METRICS);
    if (!Files.exists(file)) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be written (" + e + ")", e);
    }
  }

  /// Writes a file of the run, whole or not at all.
  public void write(String name, String text) {
    try {
      replace(path.resolve(name), text);
    } catch (IOException e) {
      throw new CheckpointException(path.resolve(name) + ": cannot be written (" + e + ")", e);
    }
  }

  private static void replace(Path file, String text) throws IOException {
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    Files.writeString(partial, text);
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  public Path path() {
    return path;
  }

  /// Where the trained model is once the run is done.
  public Path finalModel() {
    return finalModel(path);
  }

  /// Whether the run is done.
  public boolean isDone() {
    return Files.isDirectory(finalModel());
  }

  /// Puts the final model, written elsewhere in this directory, in its place.
  public void finish(Path written) {
    try {
      Files.move(written, finalModel(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new CheckpointException(finalModel() + ": cannot be written (" + e + ")", e);
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new CheckpointException(path + ": the lock cannot be given back (" + e + ")", e);
    }
  }
}
