package dev.jlava.model;

import java.nio.file.Path;

/// Where the descriptions of a model's two ends are.
///
/// @param decoder directory of the decoder's `config.json` and of the tokenizer
/// @param vision directory of the tower's `config.json` and of `preprocessor_config.json`
public record LlavaFiles(Path decoder, Path vision) {
  /// Files that stand for directories, GGUF, are replaced by these.
  public LlavaFiles {
    decoder = ModelFiles.of(decoder).directory();
    vision = ModelFiles.of(vision).directory();
  }
}
