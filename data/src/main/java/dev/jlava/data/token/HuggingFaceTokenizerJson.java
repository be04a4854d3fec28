package dev.jlava.data.token;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;

/// A `tokenizer.json`, run by Hugging Face's own tokenizers library.
final class HuggingFaceTokenizerJson implements Tokenizer {
  private final HuggingFaceTokenizer tokenizer;
  private final SpecialTokens specials;
  private final boolean addsBos;

  HuggingFaceTokenizerJson(Path directory) {
    Path file = directory.resolve("tokenizer.json");
    try {
      this.tokenizer =
          HuggingFaceTokenizer.newInstance(
              file, Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new DataException(file + ": cannot be read as a tokenizer (" + e.getMessage() + ")", e);
    }
    this.specials = SpecialTokens.read(directory);
    long[] empty = tokenizer.encode("", true, false).getIds();
    this.addsBos = bosId().isPresent() && empty.length > 0 && empty[0] == bosId().getAsInt();
  }

  @Override
  public Encoding encodeWithEnds(String text) {
    var encoding = tokenizer.encode(text, false, false);
    long[] wide = encoding.getIds();
    CharSpan[] spans = encoding.getCharTokenSpans();
    int[] chars = charsOfCodePoints(text);
    int[] ids = new int[wide.length];
    int[] starts = new int[wide.length];
    int[] ends = new int[wide.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = (int) wide[i];
      CharSpan span = spans[i];
      starts[i] = span == null ? 0 : chars[span.getStart()];
      ends[i] = span == null ? 0 : chars[span.getEnd()];
    }
    return new Encoding(ids, starts, ends);
  }

  /// Index in chars of each code point, and of the end.
  private static int[] charsOfCodePoints(String text) {
    int[] chars = new int[text.codePointCount(0, text.length()) + 1];
    for (int i = 0; i + 1 < chars.length; i++) {
      chars[i + 1] = text.offsetByCodePoints(chars[i], 1);
    }
    return chars;
  }

  @Override
  public String decode(int[] ids, boolean skipSpecial) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    return tokenizer.decode(wide, skipSpecial);
  }

  @Override
  public boolean addsBos() {
    return addsBos;
  }

  private OptionalInt role(String role) {
    String token = specials.roles().get(role);
    return token == null ? OptionalInt.empty() : idOf(token);
  }

  @Override
  public OptionalInt bosId() {
    return role("bos_token");
  }

  @Override
  public OptionalInt eosId() {
    return role("eos_token");
  }

  @Override
  public OptionalInt padId() {
    return role("pad_token");
  }

  @Override
  public OptionalInt unkId() {
    return role("unk_token");
  }

  @Override
  public OptionalInt idOf(String token) {
    Integer added = specials.added().get(token);
    if (added != null) {
      return OptionalInt.of(added);
    }
    long[] ids = tokenizer.encode(token, false, false).getIds();
    return ids.length == 1 ? OptionalInt.of((int) ids[0]) : OptionalInt.empty();
  }

  @Override
  public int vocabularySize() {
    return specials.added().values().stream().mapToInt(i -> i + 1).max().orElse(0);
  }
}
