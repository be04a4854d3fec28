package dev.jlava.data.token;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The contents of a tokenizer in the terms of GGUF: its tokens by id, how they are put together,
/// and which of them have a role.
///
/// @param preTokenizer how text is cut before byte-level merges; null for SentencePiece's BPE,
///   which merges by score
/// @param merges of a byte-level tokenizer, the first to be tried first
/// @param roles ids of `bos`, `eos`, `unk` and `pad`, where there is such a token
/// @param addBos whether a text begins with `bos`
/// @param addSpacePrefix whether SentencePiece puts a space in front of a text
/// @param chatTemplate Jinja program of the chat, if there is one
public record Vocabulary(
    @Nullable PreTokenizer preTokenizer,
    List<Token> tokens,
    List<String> merges,
    Map<String, Integer> roles,
    boolean addBos,
    boolean addSpacePrefix,
    Optional<String> chatTemplate) {

  /// The roles in GGUF's order.
  public static final List<String> ROLES = List.of("bos", "eos", "unk", "pad");

  public Vocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
    roles = Map.copyOf(roles);
  }

  /// What a token is for (SentencePiece's and GGUF's token types).
  public enum Kind {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    USER_DEFINED(4),
    UNUSED(5),
    BYTE(6);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /// The number in files.
    public int number() {
      return number;
    }

    public static Optional<Kind> of(long number) {
      return Arrays.stream(values()).filter(kind -> kind.number == number).findFirst();
    }
  }

  /// A token.
  ///
  /// @param score higher is merged first
  public record Token(String text, float score, Kind kind) {
    /// Whether the token is cut out of a text before anything else.
    boolean isAdded() {
      return kind == Kind.CONTROL || kind == Kind.USER_DEFINED || kind == Kind.UNKNOWN;
    }
  }

  /// The same with that many tokens: unused ones fill up to the rows of an embedding.
  public Vocabulary padded(int size) {
    List<Token> all = new ArrayList<>(tokens);
    for (int id = all.size(); id < size; id++) {
      all.add(new Token("[PAD" + id + "]", UNUSED_SCORE, Kind.UNUSED));
    }
    return new Vocabulary(preTokenizer, all, merges, roles, addBos, addSpacePrefix, chatTemplate);
  }

  /// The same with another program of the chat.
  public Vocabulary withTemplate(Optional<String> program) {
    return new Vocabulary(preTokenizer, tokens, merges, roles, addBos, addSpacePrefix, program);
  }

  /// What llama.cpp's converter gives tokens that only fill.
  private static final float UNUSED_SCORE = -10000;

  /// The tokens without unused ones at the end.
  List<Token> used() {
    int size = tokens.size();
    while (size > 0 && tokens.get(size - 1).kind() == Kind.UNUSED) {
      size--;
    }
    return tokens.subList(0, size);
  }
}
