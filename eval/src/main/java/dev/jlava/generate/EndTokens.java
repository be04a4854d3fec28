package dev.jlava.generate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/// The tokens that end a model's answers: the tokenizer's `eos_token`, and `eos_token_id` of
/// `generation_config.json`, which may name several.
final class EndTokens {
  private EndTokens() {}

  static Set<Integer> read(Path directory, Tokenizer tokenizer) {
    Set<Integer> ids = new HashSet<>();
    tokenizer.eosId().ifPresent(ids::add);
    Path file = directory.resolve("generation_config.json");
    if (Files.isRegularFile(file)) {
      JsonNode found = eos(file);
      found.forEach(id -> ids.add(id.asInt()));
      if (found.isInt()) {
        ids.add(found.asInt());
      }
    }
    return Set.copyOf(ids);
  }

  private static JsonNode eos(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile()).path("eos_token_id");
    } catch (IOException e) {
      throw new ModelException(file + ": not JSON (" + e.getMessage() + ")", e);
    }
  }
}
