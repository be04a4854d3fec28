package dev.jlava.eval.compat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Texts as Python's `str` treats them.
public final class PythonText {
  /// The order of `sorted`: by code point, which differs from Java's beyond U+FFFF.
  public static final Comparator<String> ORDER =
      (a, b) -> Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());

  /// What Unicode looks past when it tells a final sigma.
  private static final String IGNORED = "\\p{Mn}\\p{Me}\\p{Cf}\\p{Lm}\\p{Sk}'.:··՟״‘’․‧︓﹒﹕＇．";

  private static final String CASED =
      "[\\p{IsLowercase}\\p{IsUppercase}\\p{Lt}&&[^" + IGNORED + "]]";

  private static final Pattern FINAL_SIGMA =
      Pattern.compile("(?<=%s[%s]{0,99})Σ(?![%s]*%s)".formatted(CASED, IGNORED, IGNORED, CASED));

  private PythonText() {}

  /// `text.strip()`.
  public static String strip(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isSpace(text.charAt(start))) {
      start++;
    }
    while (end > start && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  /// `text.split()`: the words between white space.
  public static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || isSpace(text.charAt(i))) {
        if (i > start) {
          words.add(text.substring(start, i));
        }
        start = i + 1;
      }
    }
    return words;
  }

  /// `text.split(separator)`: empty pieces count.
  public static List<String> split(String text, char separator) {
    List<String> pieces = new ArrayList<>();
    int start = 0;
    for (int end = text.indexOf(separator); end >= 0; end = text.indexOf(separator, start)) {
      pieces.add(text.substring(start, end));
      start = end + 1;
    }
    pieces.add(text.substring(start));
    return pieces;
  }

  /// `text.lower()`. Java tells a final sigma by the word's end, which a hyphen is for it too.
  public static String lower(String text) {
    return FINAL_SIGMA.matcher(text).replaceAll("ς").replace('Σ', 'σ').toLowerCase(Locale.ROOT);
  }

  /// `character.isspace()`: no-break spaces and U+0085 too, which Java's `isWhitespace` leaves out.
  /// All of them lie in the basic plane.
  private static boolean isSpace(char character) {
    return Character.isWhitespace(character)
        || Character.isSpaceChar(character)
        || character == '\u0085';
  }
}
