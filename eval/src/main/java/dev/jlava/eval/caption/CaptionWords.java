package dev.jlava.eval.caption;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The words of a caption as pycocoevalcap counts them: Penn Treebank tokens in lower case, by the
/// rules of Stanford's PTBTokenizer (3.4.1) that captions need, without punctuation. Clitics stand
/// apart (`is n't`, `man 's`), words stay together over hyphens, slashes, points and ampersands,
/// abbreviations keep their point, brackets become `-lrb-` and so on. Not covered: smileys, `c++`,
/// `rock'n'roll`, a point behind an ellipsis.
public final class CaptionWords {
  private static final String CLITIC = "(?i:['’](?:s|m|d|ll|re|ve)(?!\\p{L}))";
  private static final String LETTERS = "[\\p{L}\\p{N}_]";

  /// Tried in this order at each place.
  private static final Pattern TOKEN =
      Pattern.compile(
          String.join(
              "|",
              "https?://\\S+",
              "[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+",
              "<\\p{L}+>",
              "(?<!" + LETTERS + ")['’]\\d\\ds?(?!" + LETTERS + ")",
              "(?i:can(?=not\\b)|gon(?=na\\b)|wan(?=na\\b)|got(?=ta\\b)|lem(?=me\\b)|gim(?=me\\b))",
              "(?i:(?<!" + LETTERS + ")['’]t(?=is\\b|was\\b))",
              "(?i:(?<!" + LETTERS + ")y['’](?=all\\b))",
              "\\p{L}+(?=(?i:n['’]t)(?!\\p{L}))",
              "(?i:n['’]t(?!\\p{L}))",
              CLITIC,
              "[@#]\\p{L}\\w*",
              "\\d+(?:[.,:]\\d+)+|\\d+/\\d+|\\.\\d+",
              "\\p{Lu}+&\\p{Lu}+",
              LETTERS + "+(?:(?:[./-]|(?!" + CLITIC + ")['’])" + LETTERS + "+)*",
              "[?!]+",
              "\\.{2,}",
              "[^\\s\u00a0]"));

  private static final Pattern ABBREVIATION =
      Pattern.compile(
          "(?:\\p{L}\\.)+\\p{L}|\\p{Lu}|(?i:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?"
              + "|wed|thu|thurs|fri|calif|conn|fla|mich|va|ariz|mo|md|wis|minn|ind|okla|kan|ga|colo"
              + "|ky|ala|nev|neb|vt|wyo|tenn|inc|cos?|corp|ltd|plc|rt|bancorp|dept|bhd|assn|univ"
              + "|intl|sys|tel|est|ext|sq|jr|sr|bros|blvd|rd|esq|mr|mrs|ms|drs?|profs?|sens?|reps?"
              + "|atty|lt|col|gen|messrs|govs?|adm|rev|maj|sgt|cpl|pvt|capt|ste?|ave|pres|lieut|hon"
              + "|brig|co?mdr|pfc|spc|supt|det|mt|ft|adj|adv|asst|assoc|ens|insp|mlle|mme|msgr|sfc"
              + "|etc|vs|al|cf|alex|wm|jos|cie|invt|elec|natl|mfg|ph\\.d|ct)"
              + "|Mass|Ill|Pa|Tex|Wash|Ore|Del|La|Ark|Miss");

  private static final Pattern NUMBER_FOLLOWS = Pattern.compile("\\.\\s+\\d");

  private static final Map<String, String> WRITTEN =
      Map.ofEntries(
          Map.entry("(", "-lrb-"),
          Map.entry(")", "-rrb-"),
          Map.entry("[", "-lsb-"),
          Map.entry("]", "-rsb-"),
          Map.entry("{", "-lcb-"),
          Map.entry("}", "-rcb-"),
          Map.entry("€", "$"),
          Map.entry("£", "#"));

  /// What pycocoevalcap leaves out, and other forms of the same marks.
  private static final Set<String> LEFT_OUT =
      Set.of("\"", "“", "”", "'", "‘", "’", "`", ".", "?", "!", ",", ":", ";", "-", "–", "—", "…");

  private CaptionWords() {}

  /// The words in order.
  public static List<String> of(String caption) {
    List<String> words = new ArrayList<>();
    Matcher token = TOKEN.matcher(caption);
    int at = 0;
    while (token.find(at)) {
      at = token.end();
      String word = token.group();
      if (keepsPoint(word, caption, at)) {
        word += ".";
        at++;
      }
      if (!LEFT_OUT.contains(word) && !word.startsWith("..")) {
        words.add(WRITTEN.getOrDefault(word, word).replace('’', '\'').toLowerCase(Locale.ROOT));
      }
    }
    return words;
  }

  private static boolean keepsPoint(String word, String caption, int end) {
    if (end >= caption.length() || caption.charAt(end) != '.') {
      return false;
    }
    boolean numbered =
        word.equalsIgnoreCase("no")
            && NUMBER_FOLLOWS.matcher(caption).region(end, caption.length()).lookingAt();
    return numbered || ABBREVIATION.matcher(word).matches();
  }
}
