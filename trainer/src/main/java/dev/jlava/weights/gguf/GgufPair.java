package dev.jlava.weights.gguf;

import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// The two GGUF files of a LLaVA model, a decoder and an mmproj, in one directory. Their contents
/// tell them apart.
public final class GgufPair {
  private GgufPair() {}

  /// Whether a path is a GGUF file, or a directory with some and without a `config.json`.
  public static boolean is(Path path) {
    return GgufFile.is(path)
        || (Files.isDirectory(path)
            && !Files.isRegularFile(path.resolve("config.json"))
            && !in(path).isEmpty());
  }

  /// The decoder and the mmproj file in a directory, or the one that goes with the other; a decoder
  /// alone where there is no mmproj file.
  ///
  /// @throws WeightsException where there is not one of each
  public static List<Path> find(Path path) {
    boolean file = Files.isRegularFile(path);
    Path directory = file ? Objects.requireNonNull(path.toAbsolutePath().getParent()) : path;
    List<Path> decoders = new ArrayList<>();
    List<Path> mmprojs = new ArrayList<>();
    for (Path candidate : in(directory)) {
      (isMmproj(candidate) ? mmprojs : decoders).add(candidate);
    }
    if (file) {
      List<Path> own = isMmproj(path) ? mmprojs : decoders;
      own.clear();
      own.add(path);
    }
    if (decoders.size() == 1 && mmprojs.isEmpty()) {
      return decoders;
    }
    if (decoders.size() != 1 || mmprojs.size() != 1) {
      throw new WeightsException(
          "%s: not the two GGUF files of a LLaVA model (found decoders %s, mmproj files %s; expected one of each in a directory); give the decoder's file, with one mmproj file beside it"
              .formatted(path, names(decoders), names(mmprojs)));
    }
    return List.of(decoders.getFirst(), mmprojs.getFirst());
  }

  private static List<String> names(List<Path> files) {
    return files.stream().map(file -> file.getFileName().toString()).toList();
  }

  private static List<Path> in(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(GgufFile::is).sorted().toList();
    } catch (IOException e) {
      throw new WeightsException(directory + ": cannot be read (" + e + ")", e);
    }
  }

  /// Whether a GGUF file holds a vision tower and a projector.
  public static boolean isMmproj(Path file) {
    try (Arena arena = Arena.ofShared()) {
      return GgufFile.read(file, arena).architecture().equals(GgufConfig.CLIP);
    }
  }
}
