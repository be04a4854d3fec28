package dev.jlava.hub;

import dev.jlava.weights.WeightFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What a model is fetched for, which says when its directory is whole: another program may have
/// put only some of a model's files into the cache.
public enum HubUse {
  /// A model by itself, or an adapter or a projector on another.
  WHOLE,
  /// A PEFT adapter for a model that is known.
  ADAPTER,
  /// A vision tower.
  VISION,
  /// A language model.
  DECODER,
  /// Anything that has weights.
  ANY;

  /// What a directory lacks; nothing where it is whole, as a file is.
  Optional<String> missing(Path directory) {
    if (Files.isRegularFile(directory)) {
      return Optional.empty();
    }
    if ((this == WHOLE || this == ANY) && FileChoice.isLoneWeights(directory)) {
      return Optional.empty();
    }
    for (List<String> names : files()) {
      if (names.stream().noneMatch(name -> Files.isRegularFile(directory.resolve(name)))) {
        return Optional.of(String.join(" or ", names));
      }
    }
    return this == ADAPTER ? Optional.empty() : WeightFiles.missing(directory);
  }

  /// Files beside the weights, one of each list.
  private List<List<String>> files() {
    List<String> config = List.of("config.json");
    return switch (this) {
      case WHOLE, DECODER -> List.of(config, List.of("tokenizer.json", "tokenizer.model"));
      case VISION -> List.of(config, List.of("preprocessor_config.json"));
      case ADAPTER -> List.of(List.of("adapter_config.json"), FileChoice.ADAPTER);
      case ANY -> List.of();
    };
  }
}
