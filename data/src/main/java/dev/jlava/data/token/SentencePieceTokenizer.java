package dev.jlava.data.token;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/// A SentencePiece BPE model with the rules of the slow LlamaTokenizer: added tokens are cut out
/// first; legacy tokenizers put a space in front of every piece of text between them, newer ones in
/// front of the whole text alone.
final class SentencePieceTokenizer implements Tokenizer {
  private static final char SPACE = '▁';

  private final SentencePieceModel model;
  private final SpecialTokens specials;

  /// Tokens that are cut out of a text: those added to the model, and those that have a role.
  private final Map<String, Integer> added = new HashMap<>();

  private final Map<Integer, String> addedById = new HashMap<>();
  private final int vocabularySize;

  SentencePieceTokenizer(Path directory) {
    this.model = SentencePieceModel.read(directory.resolve("tokenizer.model"));
    this.specials = SpecialTokens.read(directory);
    for (String role : specials.roles().values()) {
      Integer id = model.find(role);
      if (id != null) {
        added.put(role, id);
      }
    }
    added.putAll(specials.added());
    added.forEach((text, id) -> addedById.put(id, text));
    int last = added.values().stream().mapToInt(i -> i).max().orElse(0);
    this.vocabularySize = Math.max(model.size(), last + 1);
  }

  @Override
  public Encoding encodeWithEnds(String text) {
    Tokens tokens = new Tokens();
    if (specials.legacy() || text.isEmpty()) {
      chunks(text, 0, tokens);
      return tokens.encoding();
    }
    String prefix = specials.addPrefixSpace() ? String.valueOf(SPACE) : "";
    chunks(prefix + text.replace(SPACE, ' '), -prefix.length(), tokens);
    boolean loneSpace =
        tokens.ids.size() > 1
            && token(tokens.ids.get(0)).equals(String.valueOf(SPACE))
            && specials.special().contains(token(tokens.ids.get(1)));
    if (loneSpace) {
      tokens.ids.removeFirst();
      tokens.starts.removeFirst();
      tokens.ends.removeFirst();
    }
    return tokens.encoding();
  }

  /// Cuts added tokens out of the text and encodes what lies between.
  private void chunks(String text, int shift, Tokens tokens) {
    int from = 0;
    for (int at = 0; at < text.length(); ) {
      String token = addedAt(text, at);
      if (token == null) {
        at++;
        continue;
      }
      pieces(text, from, at, shift, tokens);
      from = at + token.length();
      tokens.add(idOf(token).orElseThrow(), at + shift, from + shift);
      at = from;
    }
    pieces(text, from, text.length(), shift, tokens);
  }

  private @org.jspecify.annotations.Nullable String addedAt(String text, int at) {
    String longest = null;
    for (String token : added.keySet()) {
      boolean longer = longest == null || token.length() > longest.length();
      if (longer && text.startsWith(token, at)) {
        longest = token;
      }
    }
    return longest;
  }

  private void pieces(String text, int from, int to, int shift, Tokens tokens) {
    if (from == to) {
      return;
    }
    String chunk = text.substring(from, to).replace(' ', SPACE);
    int dummy = specials.legacy() ? 1 : 0;
    String prepared = specials.legacy() ? SPACE + chunk : chunk;
    int offset = from + shift - dummy;
    BytePairMerges.encode(
        model,
        prepared,
        (id, start, end) ->
            tokens.add(
                id, Math.max(from + shift, start + offset), Math.max(from + shift, end + offset)));
  }

  /// Ids and ends as they are found.
  private static final class Tokens {
    private final List<Integer> ids = new ArrayList<>();
    private final List<Integer> starts = new ArrayList<>();
    private final List<Integer> ends = new ArrayList<>();

    void add(int id, int start, int end) {
      ids.add(id);
      starts.add(Math.max(0, start));
      ends.add(Math.max(0, end));
    }

    Encoding encoding() {
      return new Encoding(
          ids.stream().mapToInt(i -> i).toArray(),
          starts.stream().mapToInt(i -> i).toArray(),
          ends.stream().mapToInt(i -> i).toArray());
    }
  }

  private String token(int id) {
    String added = addedById.get(id);
    return added != null ? added : model.piece(id);
  }

  @Override
  public String decode(int[] ids, boolean skipSpecial) {
    List<String> tokens =
        IntStream.of(ids)
            .filter(id -> id < model.size() || addedById.containsKey(id))
            .mapToObj(this::token)
            .filter(t -> !skipSpecial || !specials.special().contains(t))
            .toList();
    StringBuilder text = new StringBuilder();
    List<String> run = new ArrayList<>();
    for (String token : tokens) {
      boolean plainAdded = added.containsKey(token) && !specials.special().contains(token);
      if (plainAdded) {
        text.append(joined(run)).append(token);
        run.clear();
      } else {
        run.add(token);
      }
    }
    return text.append(joined(run)).toString();
  }

  /// LlamaTokenizer.convert_tokens_to_string.
  private String joined(List<String> tokens) {
    StringBuilder text = new StringBuilder();
    List<String> run = new ArrayList<>();
    boolean previousSpecial = false;
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      if (i == 0 && token.startsWith("▁") && specials.addPrefixSpace()) {
        token = token.substring(1);
      }
      if (specials.special().contains(token)) {
        text.append(!previousSpecial && i != 0 && specials.legacy() ? " " : "");
        text.append(surface(run)).append(token);
        run.clear();
        previousSpecial = true;
      } else {
        run.add(token);
        previousSpecial = false;
      }
    }
    return text.append(surface(run)).toString();
  }

  /// SentencePiece's own decoding of pieces, bytes included.
  private String surface(List<String> tokens) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    boolean spaceTaken = false;
    for (String token : tokens) {
      Integer id = model.find(token);
      int value = id == null ? -1 : model.byteOf(id);
      if (value >= 0) {
        out.write(value);
        continue;
      }
      String text = token;
      if (id != null) {
        boolean take = specials.legacy() && out.size() == 0 && !spaceTaken && text.startsWith("▁");
        spaceTaken |= take;
        text = (take ? text.substring(1) : text).replace(SPACE, ' ');
      }
      out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
    return utf8(out.toByteArray());
  }

  private static String utf8(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < bytes.length; ) {
      int length = Utf8.validLength(bytes, at);
      if (length == 0) {
        text.append('\uFFFD');
        at++;
      } else {
        text.append(new String(bytes, at, length, StandardCharsets.UTF_8));
        at += length;
      }
    }
    return text.toString();
  }

  /// Lengths of well-formed UTF-8 sequences.
  private static final class Utf8 {
    /// Bytes of the character at a place, or 0 where there is none.
    static int validLength(byte[] bytes, int at) {
      int lead = bytes[at] & 0xff;
      int length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
      if (length == 0 || at + length > bytes.length) {
        return 0;
      }
      try {
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .decode(ByteBuffer.wrap(bytes, at, length));
        return length;
      } catch (java.nio.charset.CharacterCodingException e) {
        return 0;
      }
    }
  }

  @Override
  public boolean addsBos() {
    return specials.addBos() && bosId().isPresent();
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
    Integer id = added.get(token);
    id = id == null ? model.find(token) : id;
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }
}
