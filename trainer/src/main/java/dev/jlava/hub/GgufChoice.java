package dev.jlava.hub;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Which GGUF files of a model are fetched: the one that is named, and with a decoder the mmproj
/// file, if the model has just one. What a file holds is told by its name, since the hub says no
/// more of it.
final class GgufChoice {
  private static final Pattern FILE = Pattern.compile("[\\w.-]+\\.gguf");
  private static final Pattern SHARD = Pattern.compile(".*-\\d{5}-of-\\d{5}\\.gguf");

  private final HubId id;
  private final List<String> files;

  /// @param listed all files of the model
  GgufChoice(HubId id, List<String> listed) {
    this.id = id;
    this.files =
        listed.stream()
            .filter(FILE.asMatchPredicate().and(Predicate.not(SHARD.asMatchPredicate())))
            .sorted()
            .toList();
  }

  /// @throws HubException where the model has no such file
  FileChoice of(String file) {
    if (!files.contains(file)) {
      throw new HubException(
          id
              + ": the model on the hub has no such file that can be read (found "
              + (files.isEmpty() ? "no GGUF file" : String.join(", ", files))
              + "; files in folders and shards are not read); name another");
    }
    List<String> mmprojs = files.stream().filter(GgufChoice::isMmproj).toList();
    if (isMmproj(file) || mmprojs.isEmpty()) {
      return new FileChoice(List.of(file), Optional.empty());
    }
    if (mmprojs.size() > 1) {
      return new FileChoice(
          List.of(file),
          Optional.of(
              "%s: fetches none of its mmproj files (%s); for a model that sees images, choose one: ./jlava model pull %s"
                  .formatted(id, String.join(", ", mmprojs), id.with(mmprojs.getFirst()))));
    }
    return new FileChoice(List.of(mmprojs.getFirst(), file), Optional.empty());
  }

  /// Checks that there are no GGUF files to choose from.
  ///
  /// @throws HubException with their names
  void requireNone() {
    if (!files.isEmpty()) {
      String decoder =
          files.stream().filter(file -> !isMmproj(file)).findFirst().orElse(files.getFirst());
      throw new HubException(
          "%s: the model on the hub has GGUF files only (found %s); name one, such as %s"
              .formatted(id, String.join(", ", files), id.with(decoder)));
    }
  }

  private static boolean isMmproj(String file) {
    return file.contains("mmproj");
  }
}
