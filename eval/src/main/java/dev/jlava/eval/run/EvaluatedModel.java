package dev.jlava.eval.run;

import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.eval.json.Folder;
import dev.jlava.model.ModelException;
import dev.jlava.train.ModelSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// A model that is evaluated.
///
/// @param label its directory's name in the evaluation
/// @param weightsHash SHA-256 over names and hashes of the files that hold its weights
record EvaluatedModel(String label, Path path, ModelSource source, String weightsHash) {

  /// Models by their paths, each with a label of its own.
  ///
  /// @param sources what a path stands for, which may be a hub id
  static List<EvaluatedModel> all(List<Path> paths, Function<Path, ModelSource> sources) {
    Set<String> taken = new HashSet<>();
    List<EvaluatedModel> all = new ArrayList<>();
    for (Path path : paths) {
      ModelSource source = sources.apply(path);
      String name = name(path);
      String label = name;
      for (int i = 2; !taken.add(label); i++) {
        label = name + "-" + i;
      }
      all.add(new EvaluatedModel(label, path, source, hash(source)));
    }
    return all;
  }

  /// The directory's name; of a run's final model, the run's.
  private static String name(Path path) {
    Path whole = path.toAbsolutePath().normalize();
    Path parent = whole.getParent();
    if (parent != null && RunDirectory.finalModel(parent).equals(whole)) {
      whole = parent;
    }
    Path named = whole.getFileName();
    return named == null ? "model" : named.toString();
  }

  private static String hash(ModelSource source) {
    MessageDigest digest = Checkpoints.sha256();
    source.places().forEach(place -> add(digest, place));
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, Path place) {
    try {
      for (Path file : Folder.files(place)) {
        if (!file.toString().matches(".*\\.(safetensors|bin|gguf)")) {
          continue;
        }
        String line = place.relativize(file) + " " + Checkpoints.sha256(file) + "\n";
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new ModelException(place + ": weights cannot be read (" + e + ")", e);
    }
  }
}
