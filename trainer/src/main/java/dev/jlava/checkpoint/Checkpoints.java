package dev.jlava.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The checkpoints of a run: `stages/NAME/step-000500`. Each is written beside its place, and takes
/// it in one rename, so that a run that is killed at any moment leaves whole checkpoints only.
public final class Checkpoints {
  /// The directory of a run that they are in.
  static final String STAGES = "stages";

  private static final String MANIFEST = "manifest.json";
  private static final String PARTIAL = ".partial";
  private static final String BEST = "best";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path stages;
  private final Keep keep;

  /// @param stages the run's `stages` directory
  Checkpoints(Path stages, Keep keep) {
    this.stages = stages;
    this.keep = keep;
  }

  /// What goes into a checkpoint.
  ///
  /// @param state the optimizer's; empty at the end of a stage
  public record Contents(
      List<SafetensorsWriter.Item> weights, List<SafetensorsWriter.Item> state) {}

  /// Writes a checkpoint, then removes those of the stage that need not be kept.
  ///
  /// @param place the manifest but for the files
  /// @throws CheckpointException where it cannot be written; those before it stay
  public Path write(Manifest place, Contents contents) {
    Path stage = stages.resolve(place.stage());
    Path directory = stage.resolve("step-%06d".formatted(place.step()));
    Path partial = stage.resolve(directory.getFileName() + PARTIAL);
    try {
      delete(partial);
      Map<String, Manifest.Content> files = new LinkedHashMap<>();
      write(partial, Checkpoint.WEIGHTS, contents.weights(), files);
      if (!contents.state().isEmpty()) {
        write(partial, Checkpoint.STATE, contents.state(), files);
      }
      Manifest manifest = place.with(files);
      Path file = partial.resolve(MANIFEST);
      JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), manifest);
      sync(file);
      delete(directory);
      Files.move(partial, directory, StandardCopyOption.ATOMIC_MOVE);
      sync(stage);
      prune(stage);
      return directory;
    } catch (IOException | RuntimeException e) {
      try {
        delete(partial);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw new CheckpointException(
          directory
              + ": the checkpoint cannot be written ("
              + e.getMessage()
              + "); earlier checkpoints are kept. Make room and start the run again to go on",
          e);
    }
  }

  private static void write(
      Path directory,
      String name,
      List<SafetensorsWriter.Item> items,
      Map<String, Manifest.Content> files)
      throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    SafetensorsWriter.write(file, items);
    files.put(name, content(file));
  }

  private static Manifest.Content content(Path file) throws IOException {
    return new Manifest.Content(Files.size(file), sha256(file));
  }

  /// SHA-256 of a file, in hexadecimal.
  public static String sha256(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      byte[] buffer = new byte[1 << 20];
      while (in.read(buffer) >= 0) {
        // The digest reads along.
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private void prune(Path stage) throws IOException {
    List<Path> all = newestFirst(stage);
    Optional<Path> best = keep.best() ? best(all) : Optional.empty();
    if (best.isPresent()) {
      link(stage.resolve(BEST), best.get().getFileName());
    }
    for (Path old : all.subList(Math.min(keep.newest(), all.size()), all.size())) {
      if (!keep.always(step(old)) && !best.equals(Optional.of(old))) {
        delete(old);
      }
    }
  }

  /// The checkpoint with the lowest held-out loss, the newest of equals.
  private static Optional<Path> best(List<Path> newestFirst) {
    return newestFirst.stream()
        .filter(p -> isCheckpoint(p) && read(p).manifest().validationLoss() != null)
        .min(
            Comparator.comparing(p -> Objects.requireNonNull(read(p).manifest().validationLoss())));
  }

  /// The lowest held-out loss of a stage's checkpoints up to a step.
  public OptionalDouble lowestLoss(String stage, int step) {
    try {
      return newestFirst(stages.resolve(stage)).stream()
          .filter(p -> step(p) <= step && isCheckpoint(p))
          .flatMap(p -> Stream.ofNullable(read(p).manifest().validationLoss()))
          .mapToDouble(Double::doubleValue)
          .min();
    } catch (IOException e) {
      throw new CheckpointException(stages + ": cannot be read (" + e + ")", e);
    }
  }

  private static int step(Path checkpoint) {
    return Integer.parseInt(checkpoint.getFileName().toString().substring("step-".length()));
  }

  private static void link(Path link, Path target) throws IOException {
    if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
      return;
    }
    Path partial = link.resolveSibling(link.getFileName() + PARTIAL);
    Files.deleteIfExists(partial);
    Files.createSymbolicLink(partial, target);
    Files.move(partial, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> inside = Files.walk(directory)) {
        for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static List<Path> newestFirst(Path stage) throws IOException {
    if (!Files.isDirectory(stage)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(stage)) {
      return entries.filter(Checkpoints::isNamedSo).sorted(Comparator.reverseOrder()).toList();
    }
  }

  private static boolean isNamedSo(Path path) {
    return path.getFileName().toString().matches("step-\\d+");
  }

  /// The checkpoints of a run, whole or not, the newest last.
  public static List<Path> all(Path run) {
    try (Stream<Path> found =
        Files.find(run.resolve(STAGES), 2, (p, _) -> isNamedSo(p) && isCheckpoint(p))) {
      return found.sorted(Comparator.comparing(Checkpoints::written)).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new CheckpointException(run + ": cannot be read (" + e + ")", e);
    }
  }

  private static FileTime written(Path checkpoint) {
    try {
      return Files.getLastModifiedTime(checkpoint.resolve(MANIFEST));
    } catch (IOException e) {
      throw new CheckpointException(checkpoint + ": cannot be read (" + e + ")", e);
    }
  }

  /// The checkpoint that a run goes on from: the newest whole one of its last stage that has one.
  ///
  /// @param names the stages in their order
  /// @param warn told of each damaged one that is passed over
  public Optional<Checkpoint> latest(List<String> names, Consumer<String> warn) {
    try {
      for (String name : names.reversed()) {
        for (Path directory : newestFirst(stages.resolve(name))) {
          Optional<String> fault = fault(directory);
          if (fault.isEmpty()) {
            return Optional.of(read(directory));
          }
          warn.accept(directory + ": damaged (" + fault.get() + "); the one before it is used");
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new CheckpointException(stages + ": cannot be read (" + e + ")", e);
    }
  }

  /// Opens one checkpoint.
  ///
  /// @throws CheckpointException where it is none, or damaged
  public static Checkpoint open(Path directory) {
    Optional<String> fault = fault(directory);
    if (fault.isPresent()) {
      throw new CheckpointException(directory + ": not a whole checkpoint (" + fault.get() + ")");
    }
    return read(directory);
  }

  /// Whether a directory says that it is a checkpoint.
  public static boolean isCheckpoint(Path directory) {
    return Files.isRegularFile(directory.resolve(MANIFEST));
  }

  private static Checkpoint read(Path directory) {
    try {
      Manifest manifest = JSON.readValue(directory.resolve(MANIFEST).toFile(), Manifest.class);
      return new Checkpoint(directory, manifest);
    } catch (IOException e) {
      throw new CheckpointException(directory + ": manifest.json is broken (" + e + ")", e);
    }
  }

  private static Optional<String> fault(Path directory) {
    if (!isCheckpoint(directory)) {
      return Optional.of("manifest.json is missing");
    }
    try {
      Checkpoint checkpoint = read(directory);
      for (Map.Entry<String, Manifest.Content> file : checkpoint.manifest().files().entrySet()) {
        Path path = directory.resolve(file.getKey());
        if (!Files.isRegularFile(path)) {
          return Optional.of(file.getKey() + " is missing");
        }
        Manifest.Content expected = file.getValue();
        if (Files.size(path) != expected.bytes()) {
          return Optional.of(
              "%s has %d bytes, expected %d"
                  .formatted(file.getKey(), Files.size(path), expected.bytes()));
        }
        if (!sha256(path).equals(expected.sha256())) {
          return Optional.of(file.getKey() + " differs from its SHA-256");
        }
      }
      return Optional.empty();
    } catch (IOException | CheckpointException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
