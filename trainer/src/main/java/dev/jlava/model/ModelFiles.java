package dev.jlava.model;

import dev.jlava.weights.WeightFiles;
import dev.jlava.weights.gguf.GgufDescription;
import dev.jlava.weights.gguf.GgufFile;
import dev.jlava.weights.gguf.GgufPair;
import dev.jlava.weights.gguf.GgufWeights;
import java.nio.file.Path;
import java.util.List;

/// A model's path as a Hugging Face directory and its weights. GGUF files, told by their first
/// bytes, are described by a directory that is made of their metadata.
///
/// @param directory with `config.json`, and the tokenizer or the image processor
/// @param gguf the files of the weights, where they are not the directory's own
record ModelFiles(Path directory, List<Path> gguf) {

  /// A part of a model: a directory, or a GGUF file of a decoder or of a tower with its projector.
  static ModelFiles of(Path path) {
    return GgufFile.is(path) ? described(List.of(path)) : new ModelFiles(path, List.of());
  }

  /// A whole model: a directory in Hugging Face's or the original layout, or a decoder and an
  /// mmproj file in one directory, by the directory or by either of them.
  static ModelFiles whole(Path path) {
    return GgufPair.is(path) ? described(GgufPair.find(path)) : new ModelFiles(path, List.of());
  }

  private static ModelFiles described(List<Path> gguf) {
    return new ModelFiles(GgufDescription.directory(gguf), gguf);
  }

  /// The files or directory, for messages.
  String where() {
    return gguf.isEmpty()
        ? directory.toString()
        : String.join(", ", gguf.stream().map(Path::toString).toList());
  }

  /// Opens the weights.
  WeightFiles weights() {
    return gguf.isEmpty() ? WeightFiles.open(directory) : GgufWeights.open(gguf);
  }
}
