package dev.jlava.eval.judge;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Finds the two scores in what a judge wrote, in the ways judges are known to write them: `8 7`,
/// `8/10, 7/10`, `Scores: 8 and 7` or `8分，7分` on a line of their own, `Assistant 1: 8` and
/// `Assistant 2: 7` anywhere; in bold, in brackets, in full-width digits. A number that merely
/// stands in a sentence is no score, and where two readings differ there is none: better no score
/// than a wrong one.
final class ScoreReader {
  /// What came of it.
  sealed interface Reading {}

  /// @param first of the answer that the judge read first
  record Scores(double first, double second) implements Reading {}

  /// @param why in a few words
  record Unread(String why) implements Reading {}

  private static final double LOWEST = 1;
  private static final double HIGHEST = 10;

  private static final String NUMBER = "(?<![\\d.])(\\d{1,3}(?:\\.\\d*)?)(?![\\d%])";
  private static final String UNIT =
      "(?:\\s*/\\s*10(?![\\d.]*\\d)|\\s*分|\\s+out of 10|\\s+points?)";
  private static final Pattern PAIR =
      Pattern.compile(
          "(?:(?:the )?(?:final |overall )?(?:scores?|ratings?|评分|得分|分数)\\s*(?:are|is|为|是)?\\s*:?\\s*)?"
              + NUMBER
              + UNIT
              + "?(?:\\s*[,;、和与]\\s*|\\s*,?\\s+(?:and|vs\\.?)\\s+|\\s+)"
              + NUMBER
              + UNIT
              + "?\\s*[.。;]?");

  /// A score in each of two points of a list, whose own numbers are no scores.
  private static final Pattern LIST =
      Pattern.compile(
          "1[.)]\\s+%1$s%2$s?\\s*[.。;]?\\s*\\n\\s*2[.)]\\s+%1$s%2$s?\\s*[.。;]?\\s*(?:$|\\n(?!\\s*3[.)]))"
              .formatted(NUMBER, UNIT));

  private static final Pattern THOUGHTS = Pattern.compile("(?s)^\\s*<think>.*?(?:</think>|$)");
  private static final Pattern MARKS = Pattern.compile("[*_`\"\\[\\](){}|]");
  private static final Pattern BULLET =
      Pattern.compile("^\\s*(?:[-•>#]+\\s+|\\d+[.)]\\s+(?=\\D))?");

  private final Pattern first;
  private final Pattern second;

  /// @param role what the rule calls the two sides
  ScoreReader(String role) {
    this.first = labelled(role, "(?:1|one|一)");
    this.second = labelled(role, "(?:2|two|二)");
  }

  private static String label(String role, String number) {
    return "(?:(?:"
        + Pattern.quote(normal(role).strip())
        + "|assistant|model|answer|response|助手|助理|模型|回答)\\s*#?\\s*"
        + number
        + "(?![\\d\\p{IsLatin}])|第"
        + number
        + "个?(?:助手|助理|模型|回答))";
  }

  /// A number without a unit must end its line or be followed by the other side's name.
  private static Pattern labelled(String role, String number) {
    String any = label(role, "(?:1|2|one|two|一|二)");
    String named = label(role, number) + "(?:'s|的)?\\s*(?:overall )?(?:score|rating|得分|评分|分数)?\\s*";
    String ends = "(?=\\s*[.,;。]?\\s*(?:and |和)?(?:$|" + any + "))";
    String endsUnit = "(?=\\s*(?:$|[,;:。、–—-]|\\.(?!\\d)|and |和|" + any + "))";
    String score = NUMBER + "(?:" + UNIT + endsUnit + "|" + ends + ")";
    String scoreWithUnit = NUMBER + UNIT + endsUnit;
    String sign = "(?:[:=]|is |gets |为|是|得)\\s*";
    return Pattern.compile(
        "(?<![\\p{L}\\d])" + named + "(?:" + sign + score + "|" + scoreWithUnit + ")",
        Pattern.MULTILINE);
  }

  Reading read(String review) {
    String all = normal(THOUGHTS.matcher(review).replaceFirst(""));
    List<String> lines = lines(all);
    if (lines.isEmpty()) {
      return new Unread("an empty reply");
    }
    Matcher list = LIST.matcher(all.replaceAll("[*_`]", "").strip());
    if (list.lookingAt()) {
      return inRange(number(list, 1), number(list, 2));
    }
    Matcher head = PAIR.matcher(lines.getFirst());
    if (head.matches()) {
      return inRange(number(head, 1), number(head, 2));
    }
    Set<Scores> found = new LinkedHashSet<>();
    for (String line : lines) {
      Matcher pair = PAIR.matcher(line);
      if (pair.matches()) {
        found.add(new Scores(number(pair, 1), number(pair, 2)));
      }
    }
    String text = String.join("\n", lines);
    Set<Double> ones = named(first, text);
    Set<Double> twos = named(second, text);
    ones.forEach(one -> twos.forEach(two -> found.add(new Scores(one, two))));
    return switch (found.size()) {
      case 0 ->
          new Unread(ones.isEmpty() && twos.isEmpty() ? "no scores" : "a score of one answer only");
      case 1 -> inRange(found.iterator().next().first(), found.iterator().next().second());
      default -> new Unread("different scores in one reply");
    };
  }

  private static List<String> lines(String text) {
    List<String> lines = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String plain = BULLET.matcher(MARKS.matcher(line).replaceAll(" ")).replaceFirst("").strip();
      if (!plain.isEmpty()) {
        lines.add(plain);
      }
    }
    return lines;
  }

  /// Full-width digits and signs become plain ones.
  private static String normal(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
  }

  private static Set<Double> named(Pattern pattern, String text) {
    Set<Double> found = new LinkedHashSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(number(matcher, matcher.group(1) != null ? 1 : 2));
    }
    return found;
  }

  private static double number(Matcher matcher, int group) {
    return Double.parseDouble(matcher.group(group));
  }

  private static Reading inRange(double first, double second) {
    boolean fits = Math.min(first, second) >= LOWEST && Math.max(first, second) <= HIGHEST;
    return fits ? new Scores(first, second) : new Unread("a score outside 1 to 10");
  }
}
