package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.weights.WeightFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What a directory of weights holds, told by what is in its files and never by its name.
public enum DirectoryKind {
  /// A whole LLaVA model, in Hugging Face's layout or in the original one.
  LLAVA,
  /// A decoder by itself, in Hugging Face's layout.
  DECODER,
  /// What the original LLaVA leaves of a training that does not touch its base: [OriginalTraining].
  ORIGINAL_TRAINING,
  /// A PEFT adapter.
  ADAPTER;

  /// The kind of a directory; empty where it has none of the files that tell.
  public static Optional<DirectoryKind> of(Path directory) {
    boolean adapter = Files.isRegularFile(directory.resolve(PeftConfig.NAME));
    if (!Files.isRegularFile(directory.resolve("config.json"))) {
      return adapter ? Optional.of(ADAPTER) : Optional.empty();
    }
    JsonNode config = LlavaConfig.json(directory);
    boolean whole = WeightFiles.isIn(directory);
    if (LlavaConfig.isOriginal(config) && !whole && OriginalTraining.isIn(directory)) {
      return Optional.of(ORIGINAL_TRAINING);
    }
    if (adapter && !whole) {
      return Optional.of(ADAPTER);
    }
    return Optional.of(DecoderConfig.isDecoder(config) ? DECODER : LLAVA);
  }
}
