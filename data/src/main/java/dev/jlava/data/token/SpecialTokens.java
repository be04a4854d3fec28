package dev.jlava.data.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What the JSON files beside a tokenizer say of its special and added tokens
/// (`tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json`).
///
/// @param added text of every added token, with its id
/// @param special texts that decoding skips when asked to
/// @param roles `bos_token`, `eos_token`, `pad_token`, `unk_token` with their texts, where set
record SpecialTokens(
    Map<String, Integer> added,
    Set<String> special,
    Map<String, String> roles,
    boolean addBos,
    boolean legacy,
    boolean addPrefixSpace) {

  static SpecialTokens read(Path directory) {
    JsonNode config = json(directory.resolve("tokenizer_config.json"));
    JsonNode map = json(directory.resolve("special_tokens_map.json"));
    Map<String, Integer> added = new LinkedHashMap<>();
    Set<String> special = new LinkedHashSet<>();
    json(directory.resolve("added_tokens.json"))
        .properties()
        .forEach(e -> added.put(e.getKey(), e.getValue().asInt()));
    config
        .path("added_tokens_decoder")
        .properties()
        .forEach(e -> {
          String content = e.getValue().path("content").asText();
          added.put(content, Integer.parseInt(e.getKey()));
          if (e.getValue().path("special").asBoolean()) {
            special.add(content);
          }
        });
    Map<String, String> roles = new LinkedHashMap<>();
    for (String role : new String[] {"bos_token", "eos_token", "pad_token", "unk_token"}) {
      text(config.path(role)).or(() -> text(map.path(role))).ifPresent(t -> roles.put(role, t));
    }
    special.addAll(roles.values());
    config.path("additional_special_tokens").forEach(t -> text(t).ifPresent(special::add));
    return new SpecialTokens(
        added,
        special,
        roles,
        config.path("add_bos_token").asBoolean(true),
        config.path("legacy").asBoolean(true),
        config.path("add_prefix_space").asBoolean(true));
  }

  private static Optional<String> text(JsonNode token) {
    if (token.isTextual()) {
      return Optional.of(token.asText());
    }
    return token.has("content") ? Optional.of(token.get("content").asText()) : Optional.empty();
  }

  private static JsonNode json(Path file) {
    if (!Files.isRegularFile(file)) {
      return new ObjectMapper().createObjectNode();
    }
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new DataException(file + ": not JSON (" + e.getMessage() + ")", e);
    }
  }
}
