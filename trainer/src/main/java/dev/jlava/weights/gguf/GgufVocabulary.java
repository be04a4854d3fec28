package dev.jlava.weights.gguf;

import dev.jlava.data.token.PreTokenizer;
import dev.jlava.data.token.Vocabulary;
import dev.jlava.weights.WeightsException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The tokenizer in a GGUF file's metadata (`tokenizer.*`).
final class GgufVocabulary {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final String TEMPLATE = "tokenizer.chat_template";
  private static final Map<String, String> ROLE_KEYS =
      Map.of("bos", "bos", "eos", "eos", "unk", "unknown", "pad", "padding");

  /// Texts that llama.cpp takes as the end of a turn, where a file does not name it.
  private static final Set<String> ENDS_OF_TURN =
      Set.of("<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>");

  private GgufVocabulary() {}

  static Vocabulary read(GgufMetadata metadata) {
    String model = metadata.string(PREFIX + "model");
    PreTokenizer preTokenizer =
        switch (model) {
          case "llama" -> null;
          case "gpt2" -> preTokenizer(metadata);
          default ->
              throw new WeightsException(
                  "%s: metadata '%smodel' is '%s' (allowed llama: SentencePiece's BPE, and gpt2: byte-level BPE)"
                      .formatted(metadata.file(), PREFIX, model));
        };
    Map<String, Integer> roles = new HashMap<>();
    ROLE_KEYS.forEach((role, key) ->
        metadata
            .optionalInteger(PREFIX + key + "_token_id")
            .ifPresent(id -> roles.put(role, Math.toIntExact(id))));
    return new Vocabulary(
        preTokenizer,
        tokens(metadata),
        preTokenizer == null ? List.of() : metadata.strings(PREFIX + "merges"),
        roles,
        metadata
            .optionalBool(PREFIX + "add_bos_token")
            .orElse(preTokenizer == null || preTokenizer.addsBos()),
        metadata.optionalBool(PREFIX + "add_space_prefix").orElse(preTokenizer == null),
        metadata.optionalString(TEMPLATE));
  }

  private static PreTokenizer preTokenizer(GgufMetadata metadata) {
    String name = metadata.optionalString(PREFIX + "pre").orElse("");
    return PreTokenizer.named(name)
        .orElseThrow(() ->
            new WeightsException(
                "%s: metadata '%spre' is '%s', a way to cut text that JLaVA does not know (known gpt-2, smollm, llama-bpe, qwen2, default); take the model's Hugging Face directory"
                    .formatted(metadata.file(), PREFIX, name)));
  }

  private static List<Vocabulary.Token> tokens(GgufMetadata metadata) {
    List<String> texts = metadata.strings(PREFIX + "tokens");
    boolean scored = metadata.has(PREFIX + "scores");
    boolean typed = metadata.has(PREFIX + "token_type");
    List<Double> scores = scored ? metadata.numbers(PREFIX + "scores") : List.of();
    List<Long> types = typed ? metadata.integers(PREFIX + "token_type") : List.of();
    require(metadata, "scores", scored, scores.size(), texts.size());
    require(metadata, "token_type", typed, types.size(), texts.size());
    List<Vocabulary.Token> tokens = new ArrayList<>();
    for (int id = 0; id < texts.size(); id++) {
      tokens.add(
          new Vocabulary.Token(
              texts.get(id),
              scored ? scores.get(id).floatValue() : 0,
              kind(metadata, typed ? types.get(id) : 1)));
    }
    return tokens;
  }

  private static Vocabulary.Kind kind(GgufMetadata metadata, long type) {
    return Vocabulary.Kind.of(type)
        .orElseThrow(() ->
            new WeightsException(
                "%s: metadata '%stoken_type' has %d (allowed 1 to %d)"
                    .formatted(metadata.file(), PREFIX, type, Vocabulary.Kind.values().length)));
  }

  private static void require(
      GgufMetadata metadata, String key, boolean there, int found, int expected) {
    if (there && found != expected) {
      throw new WeightsException(
          "%s: metadata '%s%s' has %d entries (expected %d, one for each token)"
              .formatted(metadata.file(), PREFIX, key, found, expected));
    }
  }

  /// The tokens that end an answer.
  static Set<Integer> ends(GgufMetadata metadata, Vocabulary vocabulary) {
    Set<Integer> ends = new TreeSet<>();
    for (String key : List.of("eos", "eot", "eom")) {
      metadata
          .optionalInteger(PREFIX + key + "_token_id")
          .ifPresent(id -> ends.add(Math.toIntExact(id)));
    }
    for (int id = 0; id < vocabulary.tokens().size(); id++) {
      Vocabulary.Token token = vocabulary.tokens().get(id);
      if (token.kind() == Vocabulary.Kind.CONTROL && ENDS_OF_TURN.contains(token.text())) {
        ends.add(id);
      }
    }
    return ends;
  }

  /// Writes the keys in the order of llama.cpp's converter.
  static void write(Vocabulary vocabulary, GgufMetadata metadata) {
    @Nullable PreTokenizer preTokenizer = vocabulary.preTokenizer();
    List<Vocabulary.Token> tokens = vocabulary.tokens();
    metadata.string(PREFIX + "model", preTokenizer == null ? "llama" : "gpt2");
    metadata.string(PREFIX + "pre", preTokenizer == null ? "default" : preTokenizer.gguf());
    metadata.strings(PREFIX + "tokens", tokens.stream().map(Vocabulary.Token::text).toList());
    if (preTokenizer == null) {
      metadata.float32s(PREFIX + "scores", tokens.stream().map(Vocabulary.Token::score).toList());
    }
    metadata.int32s(
        PREFIX + "token_type", tokens.stream().map(token -> token.kind().number()).toList());
    if (preTokenizer != null) {
      metadata.strings(PREFIX + "merges", vocabulary.merges());
    }
    for (String role : Vocabulary.ROLES) {
      Optional.ofNullable(vocabulary.roles().get(role))
          .ifPresent(id -> metadata.uint32(PREFIX + ROLE_KEYS.get(role) + "_token_id", id));
    }
    metadata.bool(PREFIX + "add_bos_token", vocabulary.addBos());
    vocabulary.chatTemplate().ifPresent(text -> metadata.string(TEMPLATE, text));
    metadata.bool(PREFIX + "add_space_prefix", vocabulary.addSpacePrefix());
  }
}
