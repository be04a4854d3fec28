package dev.jlava.generate;

import dev.jlava.data.token.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/// The text of an answer while its tokens come in, cut at the first stop text. What later tokens
/// may still change is held back: bytes of a character that is not complete, and the beginning of a
/// stop text.
final class AnswerText {
  private static final char BROKEN = '\uFFFD';

  /// Bytes that a character of UTF-8 may still wait for the end of.
  private static final int LONGEST_PART = 3;

  private final Tokenizer tokenizer;
  private final List<String> stops;
  private int[] ids = new int[0];
  private String text = "";
  private String shown = "";
  private boolean stopped;

  AnswerText(Tokenizer tokenizer, List<String> stops) {
    this.tokenizer = tokenizer;
    this.stops = List.copyOf(stops);
  }

  /// Takes the next token and gives the text that it makes certain.
  String add(int id) {
    ids = Arrays.copyOf(ids, ids.length + 1);
    ids[ids.length - 1] = id;
    text = tokenizer.decode(ids, true);
    OptionalInt stop = stops.stream().mapToInt(text::indexOf).filter(at -> at >= 0).min();
    if (stop.isPresent()) {
      stopped = true;
      text = text.substring(0, stop.getAsInt());
      return rest();
    }
    return show(certain());
  }

  /// The text held back, once no token follows.
  String rest() {
    return show(text);
  }

  /// Whether a stop text has come.
  boolean stopped() {
    return stopped;
  }

  /// The whole text so far, without the stop text.
  String text() {
    return text;
  }

  /// A decoder may take back characters before an incomplete one and write them again when it is
  /// complete; until then nothing is new.
  private String show(String certain) {
    if (!certain.startsWith(shown)) {
      return "";
    }
    String fresh = certain.substring(shown.length());
    shown = certain;
    return fresh;
  }

  private String certain() {
    int end = text.length();
    while (end > Math.max(0, text.length() - LONGEST_PART) && text.charAt(end - 1) == BROKEN) {
      end--;
    }
    int begun = end;
    for (String stop : stops) {
      for (int from = Math.max(0, end - stop.length() + 1); from < begun; from++) {
        if (stop.startsWith(text.substring(from, end))) {
          begun = from;
        }
      }
    }
    return text.substring(0, begun);
  }
}
