package dev.jlava.model.export;

import dev.jlava.checkpoint.Checkpoint;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.ModelException;
import dev.jlava.weights.WeightFiles;
import dev.jlava.weights.gguf.GgufFile;
import dev.jlava.weights.gguf.GgufPair;
import dev.jlava.weights.gguf.GgufWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Where the tensors of a path are: the path itself, a model's weights, what lies beside them (an
/// adapter, a projector, the original layout's tower), or the weights of a run or a checkpoint.
final class TensorFiles {
  /// Files that hold tensors beside or in place of a model's own.
  private static final List<String> BESIDE =
      List.of(
          "adapter_model.safetensors",
          "adapter_model.bin",
          "mm_projector.bin",
          "non_lora_trainables.bin");

  private TensorFiles() {}

  /// Opens one of the paths.
  static WeightFiles open(Path path) {
    return GgufFile.is(path) ? GgufWeights.open(List.of(path)) : WeightFiles.open(path);
  }

  /// Paths that [WeightFiles] opens: files, and directories that hold weights.
  ///
  /// @throws ModelException where there are none
  static List<Path> of(Path path) {
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    if (Checkpoints.isCheckpoint(path)) {
      Checkpoint checkpoint = Checkpoints.open(path);
      return Stream.of(checkpoint.weights(), checkpoint.state())
          .filter(Files::isRegularFile)
          .toList();
    }
    Path directory = RunDirectory.isRun(path) ? RunDirectory.finalModel(path) : path;
    List<Path> found = new ArrayList<>();
    if (WeightFiles.isIn(directory)) {
      found.add(directory);
    }
    if (GgufPair.is(directory)) {
      found.addAll(GgufPair.find(directory));
    }
    BESIDE.stream().map(directory::resolve).filter(Files::isRegularFile).forEach(found::add);
    LlavaDirectory.towerInside(directory).ifPresent(found::add);
    if (found.isEmpty()) {
      throw new ModelException(
          directory
              + ": no tensors (expected a file of weights, a model, an adapter, a run that is done,"
              + " or a checkpoint); check the path");
    }
    return found;
  }
}
