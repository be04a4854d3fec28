package dev.jlava.eval.task;

import dev.jlava.eval.compat.PythonText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The form in which the VQA evaluation server compares answers (Antol et al. 2015), as
/// `m4c_evaluator.py` computes it: lower case, no punctuation, no articles, digits for number
/// words, apostrophes in contractions.
final class VqaAnswer {
  private static final Map<String, String> CONTRACTIONS = contractions();
  private static final Map<String, String> NUMBERS =
      Map.ofEntries(
          Map.entry("none", "0"),
          Map.entry("zero", "0"),
          Map.entry("one", "1"),
          Map.entry("two", "2"),
          Map.entry("three", "3"),
          Map.entry("four", "4"),
          Map.entry("five", "5"),
          Map.entry("six", "6"),
          Map.entry("seven", "7"),
          Map.entry("eight", "8"),
          Map.entry("nine", "9"),
          Map.entry("ten", "10"));
  private static final Set<String> ARTICLES = Set.of("a", "an", "the");
  private static final List<String> PUNCTUATION =
      List.of(
          ";", "/", "[", "]", "\"", "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@",
          "`", ",", "?", "!");

  /// The script's pattern has a mistyped look-behind that always holds: a full stop goes unless a
  /// digit follows.
  private static final Pattern FULL_STOP = Pattern.compile("\\.(?!\\p{Nd})");

  /// The script passes `re.UNICODE`, which is 32, where `re.sub` takes a count.
  private static final int MOST_FULL_STOPS = 32;

  private VqaAnswer() {}

  static String normal(String answer) {
    String words = PythonText.lower(answer).replace(",", "").replace("?", "").replace("'s", " 's");
    String line = PythonText.strip(words).replace('\n', ' ').replace('\t', ' ');
    return withoutArticles(withoutPunctuation(PythonText.strip(line)));
  }

  /// A mark beside a space goes; one between two characters becomes a space.
  private static String withoutPunctuation(String text) {
    String result = text;
    for (String mark : PUNCTUATION) {
      boolean apart = text.contains(mark + " ") || text.contains(" " + mark);
      result = result.replace(mark, apart ? "" : " ");
    }
    return withoutFullStops(result);
  }

  private static String withoutFullStops(String text) {
    Matcher stops = FULL_STOP.matcher(text);
    StringBuilder result = new StringBuilder(text);
    List<Integer> places = stops.results().limit(MOST_FULL_STOPS).map(MatchResult::start).toList();
    places.reversed().forEach(result::deleteCharAt);
    return result.toString();
  }

  private static String withoutArticles(String text) {
    List<String> words = new ArrayList<>();
    for (String word : PythonText.words(PythonText.lower(text))) {
      if (!ARTICLES.contains(word)) {
        String number = NUMBERS.getOrDefault(word, word);
        words.add(CONTRACTIONS.getOrDefault(number, number));
      }
    }
    return String.join(" ", words);
  }

  private static Map<String, String> contractions() {
    Map<String, String> all = new TreeMap<>();
    try (InputStream stream = VqaAnswer.class.getResourceAsStream("contractions.txt")) {
      if (stream == null) {
        throw new IllegalStateException("contractions.txt is missing beside VqaAnswer");
      }
      for (String line :
          new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        int space = line.indexOf(' ');
        all.put(line.substring(0, space), line.substring(space + 1));
      }
    } catch (IOException e) {
      throw new IllegalStateException("contractions.txt cannot be read", e);
    }
    return Map.copyOf(all);
  }
}
