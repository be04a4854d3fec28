package dev.jlava.data.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Reads the [Vocabulary] of a Hugging Face directory, as llama.cpp's converter does: from
/// `tokenizer.model` if there is one, else from `tokenizer.json`.
public final class VocabularyReader {
  /// What the converter gives tokens that were added to a SentencePiece model.
  private static final float ADDED_SCORE = -1000;

  private final Path directory;
  private final SpecialTokens specials;
  private final TreeMap<Integer, Vocabulary.Token> tokens = new TreeMap<>();

  private VocabularyReader(Path directory) {
    this.directory = directory;
    this.specials = SpecialTokens.read(directory);
  }

  /// Reads the tokenizer's files.
  ///
  /// @throws DataException where there are none, or they hold a tokenizer that GGUF has no name for
  public static Vocabulary read(Path directory) {
    VocabularyReader reader = new VocabularyReader(directory);
    return Files.isRegularFile(directory.resolve("tokenizer.model"))
        ? reader.sentencePiece()
        : reader.json(directory.resolve("tokenizer.json"));
  }

  private Vocabulary sentencePiece() {
    SentencePieceModel model = SentencePieceModel.read(directory.resolve("tokenizer.model"));
    for (int id = 0; id < model.size(); id++) {
      tokens.put(id, new Vocabulary.Token(model.piece(id), model.score(id), model.kind(id)));
    }
    specials.added().forEach((text, id) -> added(text, id, specials.special().contains(text)));
    return vocabulary(Optional.empty(), List.of(), specials.addBos(), specials.addPrefixSpace());
  }

  /// A token of the model that is special anyway stays what it is.
  private void added(String text, int id, boolean special) {
    Vocabulary.Token known = tokens.get(id);
    if (known != null && known.isAdded()) {
      return;
    }
    Vocabulary.Kind kind = special ? Vocabulary.Kind.CONTROL : Vocabulary.Kind.USER_DEFINED;
    tokens.put(id, new Vocabulary.Token(text, ADDED_SCORE, kind));
  }

  private Vocabulary json(Path file) {
    JsonNode json = parse(file);
    JsonNode model = json.path("model");
    boolean byteFallback = model.path("byte_fallback").asBoolean();
    if (!model.path("type").asText().equals("BPE")) {
      throw new DataException(
          file
              + ": a tokenizer of type '"
              + model.path("type").asText()
              + "' has no place in GGUF (expected BPE)");
    }
    List<String> merges = merges(model.path("merges"));
    Map<String, Float> scores = byteFallback ? scores(merges) : Map.of();
    model
        .path("vocab")
        .properties()
        .forEach(e -> tokens.put(e.getValue().asInt(), token(e.getKey(), scores, byteFallback)));
    for (JsonNode token : json.path("added_tokens")) {
      String text = token.path("content").asText();
      added(text, token.path("id").asInt(), token.path("special").asBoolean());
    }
    boolean addsBos = new HuggingFaceTokenizerJson(directory).addsBos();
    if (byteFallback) {
      return vocabulary(Optional.empty(), List.of(), addsBos, specials.addPrefixSpace());
    }
    JsonNode cut = json.path("pre_tokenizer");
    PreTokenizer preTokenizer =
        PreTokenizer.of(cut)
            .orElseThrow(() ->
                new DataException(
                    file
                        + ": pre_tokenizer "
                        + cut
                        + " is none that JLaVA can name in GGUF (known: GPT-2's, SmolLM's, Llama"
                        + " 3's, Qwen2's)"));
    return vocabulary(Optional.of(preTokenizer), merges, addsBos, false);
  }

  private static Vocabulary.Token token(
      String text, Map<String, Float> scores, boolean byteFallback) {
    boolean isByte = byteFallback && text.matches("<0x[0-9A-F]{2}>");
    boolean unknown = byteFallback && text.equals("<unk>");
    return new Vocabulary.Token(
        text,
        scores.getOrDefault(text, 0f),
        isByte ? Vocabulary.Kind.BYTE : unknown ? Vocabulary.Kind.UNKNOWN : Vocabulary.Kind.NORMAL);
  }

  /// Merges as GGUF writes them, in their older form too: two tokens with a space between.
  private static List<String> merges(JsonNode merges) {
    List<String> all = new ArrayList<>();
    for (JsonNode merge : merges) {
      all.add(
          merge.isTextual()
              ? merge.asText()
              : merge.path(0).asText() + " " + merge.path(1).asText());
    }
    return all;
  }

  /// SentencePiece's scores, which a `tokenizer.json` has as the order of its merges.
  private static Map<String, Float> scores(List<String> merges) {
    Map<String, Float> scores = new HashMap<>();
    for (int rank = 0; rank < merges.size(); rank++) {
      scores.putIfAbsent(merges.get(rank).replace(" ", ""), (float) -rank);
    }
    return scores;
  }

  private Vocabulary vocabulary(
      Optional<PreTokenizer> cut, List<String> merges, boolean addBos, boolean addSpacePrefix) {
    List<Vocabulary.Token> all = new ArrayList<>();
    tokens.forEach((id, token) -> {
      while (all.size() < id) {
        all.add(new Vocabulary.Token("[PAD" + all.size() + "]", 0, Vocabulary.Kind.UNUSED));
      }
      all.add(token);
    });
    Map<String, Integer> roles = new HashMap<>();
    for (String role : Vocabulary.ROLES) {
      String text = specials.roles().get(role + "_token");
      tokens.forEach((id, token) -> {
        if (token.text().equals(text)) {
          roles.put(role, id);
        }
      });
    }
    return new Vocabulary(
        cut.orElse(null), all, merges, roles, addBos, addSpacePrefix, chatTemplate());
  }

  private Optional<String> chatTemplate() {
    try {
      Path file = directory.resolve("chat_template.jinja");
      if (Files.isRegularFile(file)) {
        return Optional.of(Files.readString(file));
      }
    } catch (IOException e) {
      throw new DataException(directory + ": chat_template.jinja cannot be read (" + e + ")", e);
    }
    for (String name : List.of("chat_template.json", "tokenizer_config.json")) {
      JsonNode text = parse(directory.resolve(name)).path("chat_template");
      if (text.isTextual()) {
        return Optional.of(text.asText());
      }
    }
    return Optional.empty();
  }

  private static JsonNode parse(Path file) {
    if (!Files.isRegularFile(file)) {
      if (file.endsWith("tokenizer.json")) {
        throw new DataException(
            file + ": no such file, nor tokenizer.model; copy the model's tokenizer there");
      }
      return new ObjectMapper().createObjectNode();
    }
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new DataException(file + ": not JSON (" + e.getMessage() + ")", e);
    }
  }
}
