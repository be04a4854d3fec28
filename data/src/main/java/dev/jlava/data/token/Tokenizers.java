package dev.jlava.data.token;

import dev.jlava.data.DataException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The tokenizer of a model directory.
public final class Tokenizers {
  private Tokenizers() {}

  /// Reads `tokenizer.json` if there is one, else SentencePiece's `tokenizer.model`.
  public static Tokenizer load(Path directory) {
    if (Files.isRegularFile(directory.resolve("tokenizer.json"))) {
      return new HuggingFaceTokenizerJson(directory);
    }
    if (Files.isRegularFile(directory.resolve("tokenizer.model"))) {
      return new SentencePieceTokenizer(directory);
    }
    throw new DataException(
        directory
            + ": no tokenizer (looked for tokenizer.json and tokenizer.model); copy it from the"
            + " model's original directory");
  }
}
