package dev.jlava.data.token;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.TreeMap;

/// The files of a tokenizer that is to get special tokens, as Hugging Face's tokenizers read them:
/// a new token comes behind all others, in `tokenizer.json` if there is one, and in
/// `tokenizer_config.json` and `added_tokens.json` of a SentencePiece model.
public final class TokenizerFiles {
  private static final String JSON = "tokenizer.json";
  private static final String MODEL = "tokenizer.model";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String MAP = "special_tokens_map.json";
  private static final String ADDED = "added_tokens.json";
  private static final List<String> NAMES =
      List.of(JSON, MODEL, CONFIG, MAP, ADDED, "vocab.json", "merges.txt");
  private static final List<String> ROLES = List.of("unk_token", "bos_token", "eos_token");

  private final Path directory;

  /// Ids by token, of the vocabulary and of the tokens added to it.
  private final TreeMap<String, Integer> added = new TreeMap<>();

  private final TreeMap<String, Integer> vocabulary = new TreeMap<>();
  private final ObjectNode config;

  private TokenizerFiles(Path directory) {
    this.directory = directory;
    this.config = json(CONFIG);
    if (has(JSON)) {
      JsonNode tokenizer = json(JSON);
      vocabulary(tokenizer.path("model").path("vocab"));
      for (JsonNode token : tokenizer.path("added_tokens")) {
        added.put(token.path("content").asText(), token.path("id").asInt());
      }
    }
    if (has(MODEL)) {
      SentencePieceModel model = SentencePieceModel.read(directory.resolve(MODEL));
      for (int id = 0; id < model.size(); id++) {
        vocabulary.put(model.piece(id), id);
      }
    }
    added.putAll(SpecialTokens.read(directory).added());
  }

  /// The files of a directory, to be changed where they are.
  public static TokenizerFiles open(Path directory) {
    return new TokenizerFiles(directory);
  }

  /// Copies the files of a tokenizer.
  public static void copy(Path source, Path target) {
    try {
      for (String name : NAMES) {
        if (Files.isRegularFile(source.resolve(name))) {
          Files.copy(
              source.resolve(name), target.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new DataException(target + ": the tokenizer cannot be copied (" + e + ")", e);
    }
  }

  private boolean has(String name) {
    return Files.isRegularFile(directory.resolve(name));
  }

  private ObjectNode json(String name) {
    Path file = directory.resolve(name);
    ObjectMapper mapper = new ObjectMapper();
    if (!Files.isRegularFile(file)) {
      return mapper.createObjectNode();
    }
    try {
      if (mapper.readTree(file.toFile()) instanceof ObjectNode object) {
        return object;
      }
      throw new DataException(file + ": not a JSON object");
    } catch (IOException e) {
      throw new DataException(file + ": not JSON (" + e.getMessage() + ")", e);
    }
  }

  private void write(String name, ObjectNode json) {
    Path file = directory.resolve(name);
    try {
      Files.writeString(file, json.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new DataException(file + ": cannot be written (" + e + ")", e);
    }
  }

  /// BPE and WordPiece have ids by token, Unigram a list of tokens with scores.
  private void vocabulary(JsonNode vocab) {
    vocab.properties().forEach(e -> vocabulary.put(e.getKey(), e.getValue().asInt()));
    for (int id = 0; vocab.isArray() && id < vocab.size(); id++) {
      vocabulary.put(vocab.get(id).path(0).asText(), id);
    }
  }

  /// The id of a token that stands for itself in any text; it is added if the tokenizer lacks it.
  public int special(String token) {
    Integer known = added.get(token);
    if (known != null) {
      return known;
    }
    int id = vocabulary.getOrDefault(token, next());
    added.put(token, id);
    if (has(JSON)) {
      ObjectNode tokenizer = json(JSON);
      tokenizer.withArray("added_tokens").add(entry(token).put("id", id));
      write(JSON, tokenizer);
    }
    if (!has(JSON) || config.has("added_tokens_decoder")) {
      decode(token, id);
    }
    if (!has(JSON)) {
      write(ADDED, json(ADDED).put(token, id));
    }
    return id;
  }

  private int next() {
    int inVocabulary = vocabulary.values().stream().mapToInt(id -> id + 1).max().orElse(0);
    return Math.max(inVocabulary, added.values().stream().mapToInt(id -> id + 1).max().orElse(0));
  }

  private static ObjectNode entry(String token) {
    ObjectNode entry = new ObjectMapper().createObjectNode();
    return entry
        .put("content", token)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  /// Where the list is missing, it begins with the tokens that have a role.
  private void decode(String token, int id) {
    SpecialTokens specials = SpecialTokens.read(directory);
    ObjectNode decoder = config.withObject("added_tokens_decoder");
    if (decoder.isEmpty()) {
      for (String role : ROLES) {
        String text = specials.roles().get(role);
        Integer known = text == null ? null : vocabulary.get(text);
        if (text != null && known != null) {
          decoder.set(known.toString(), entry(text));
        }
      }
    }
    decoder.set(Integer.toString(id), entry(token));
    write(CONFIG, config);
  }

  /// The id of the token that fills batches; `<pad>` is added if the tokenizer names none.
  public int pad() {
    String named = SpecialTokens.read(directory).roles().get("pad_token");
    if (named != null) {
      return special(named);
    }
    int id = special("<pad>");
    set("pad_token", "<pad>");
    if (has(MAP)) {
      write(MAP, json(MAP).put("pad_token", "<pad>"));
    }
    return id;
  }

  /// Sets a key of `tokenizer_config.json`.
  public void set(String key, String value) {
    config.put(key, value);
    write(CONFIG, config);
  }

  /// The text of a key of `tokenizer_config.json`, empty if it is missing.
  public String get(String key) {
    return config.path(key).asText("");
  }

  /// Removes a key of `tokenizer_config.json`.
  public void remove(String key) {
    config.remove(key);
    write(CONFIG, config);
  }
}
