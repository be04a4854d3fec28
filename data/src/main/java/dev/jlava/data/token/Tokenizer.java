package dev.jlava.data.token;

import java.util.OptionalInt;

/// Text to token ids and back, with the ids that Hugging Face gives. Implementations are
/// thread-safe.
public interface Tokenizer {
  /// Ids of a text without added specials; special tokens written in the text are recognised
  /// (`add_special_tokens=False`).
  default int[] encode(String text) {
    return encodeWithEnds(text).ids();
  }

  /// The same ids, with the place of each token in the text.
  Encoding encodeWithEnds(String text);

  /// Text of ids, as `tokenizer.decode(ids, skip_special_tokens=…)` gives it. Ids without a token,
  /// which a model with more rows can generate, are skipped as Hugging Face's fast tokenizers do.
  String decode(int[] ids, boolean skipSpecial);

  /// Whether `tokenizer(text)` puts the beginning-of-sequence id in front.
  boolean addsBos();

  OptionalInt bosId();

  OptionalInt eosId();

  OptionalInt padId();

  OptionalInt unkId();

  /// Id of a whole token, added tokens included; empty when the vocabulary does not have it.
  OptionalInt idOf(String token);

  /// Number of ids, added tokens included; the model's embedding may have more rows.
  int vocabularySize();
}
