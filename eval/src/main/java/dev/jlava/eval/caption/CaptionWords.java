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
/// abbreviations and single letters keep their point, brackets become `-lrb-` and so on, entities
/// become their character, emoji go. Not covered: smileys, `c++`, `rock'n'roll`, a point behind an
/// ellipsis, marks without a space between them.
public final class CaptionWords {
  private static final String CLITIC = "(?i:['’](?:s|m|d|ll|re|ve)(?!\\p{L}))";
  private static final String LETTERS = "[\\p{L}\\p{Nd}_]";

  /// Tried in this order at each place.
  private static final Pattern TOKEN =
      Pattern.compile(
          String.join(
              "|",
              "(?i:https?)://[^\\s\"<>|()]+[^\\s\"<>|.!?(){},-]",
              "[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+",
              "<\\p{L}+>",
              "&(?:amp|lt|gt|quot|apos|nbsp|#\\d+);",
              "(?<!" + LETTERS + ")['’]\\d\\ds?(?!" + LETTERS + ")",
              "(?<!" + LETTERS + ")['’](?i:n['’]|(?:em|til)(?!" + LETTERS + "))",
              "(?i:can(?=not\\b)|gon(?=na\\b)|wan(?=na\\b)|got(?=ta\\b)|lem(?=me\\b)|gim(?=me\\b))",
              "(?i:(?<!" + LETTERS + ")['’]t(?=is\\b|was\\b))",
              "(?i:(?<!" + LETTERS + ")y['’](?=all\\b))",
              "\\p{L}+(?=(?i:n['’]t)(?!\\p{L}))",
              "(?i:n['’]t(?!\\p{L}))",
              CLITIC,
              "[@#]\\p{L}\\w*",
              "(?i:no)(?=\\.\\d)",
              "\\d+(?=['’]\\d+\")",
              "[+-]?(?:\\d+(?:[.,:]\\d+)+|\\d+/\\d+|\\.\\d+)",
              "[+-]\\d+(?!" + LETTERS + ")",
              "\\p{Lu}+&\\p{Lu}+",
              LETTERS + "+(?:(?:[./-]|(?!" + CLITIC + ")['’])" + LETTERS + "+)*",
              "[?!]+",
              "\\.{2,}",
              "[^\\s\u00a0\u200b\ufe0f\\x{10000}-\\x{10ffff}]"));

  private static final Pattern ABBREVIATION =
      Pattern.compile(
          "(?:\\p{L}\\.)+\\p{L}|[A-Za-z]|(?i:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?"
              + "|wed|thu|thurs|fri|calif|conn|fla|mich|va|ariz|mo|md|wis|minn|ind|okla|kan|ga|colo"
              + "|ky|ala|nev|neb|vt|wyo|tenn|inc|cos?|corp|ltd|plc|rt|bancorp|dept|bhd|assn|univ"
              + "|intl|sys|tel|est|ext|sq|jr|sr|bros|blvd|rd|esq|mr|mrs|ms|drs?|profs?|sens?|reps?"
              + "|atty|lt|col|gen|messrs|govs?|adm|rev|maj|sgt|cpl|pvt|capt|ste?|ave|pres|lieut|hon"
              + "|brig|co?mdr|pfc|spc|supt|det|mt|ft|adj|adv|asst|assoc|ens|insp|mlle|mme|msgr|sfc"
              + "|etc|vs|al|cf|alex|wm|jos|cie|invt|elec|natl|mfg|ph\\.d|ct)"
              + "|Mass|Ill|Pa|Tex|Wash|Ore|Del|La|Ark|Miss");

  /// What makes the point behind a single letter the end of a sentence.
  private static final Pattern SENTENCE_FOLLOWS =
      Pattern.compile(
          "\\.\\s+(?:</?\\p{L}+>|(?=\\p{Lu})(?i:A|About|According|Additionally|After|An|As|At|But"
              + "|Earlier|He|Her|Here|However|If|In|It|Last|Many|More|Mr\\.|Ms\\.|Now|Once|One|Other|Our|She"
              + "|Since|So|Some|Such|That|The|Their|Then|There|These|They|This|We|What|When|While"
              + "|Yet|You)(?!\\S))");

  private static final Pattern NUMBER_FOLLOWS = Pattern.compile("\\.\\s*\\d");

  private static final Map<String, String> WRITTEN =
      Map.ofEntries(
          Map.entry("(", "-lrb-"),
          Map.entry(")", "-rrb-"),
          Map.entry("[", "-lsb-"),
          Map.entry("]", "-rsb-"),
          Map.entry("{", "-lcb-"),
          Map.entry("}", "-rcb-"),
          Map.entry("€", "$"),
          Map.entry("£", "#"),
          Map.entry("½", "1/2"),
          Map.entry("¼", "1/4"),
          Map.entry("¾", "3/4"),
          Map.entry("&amp;", "&"),
          Map.entry("&lt;", "<"),
          Map.entry("&gt;", ">"));

  /// What pycocoevalcap leaves out, and other forms of the same marks.
  private static final Set<String> LEFT_OUT =
      Set.of(
          "\"", "“", "”", "'", "‘", "’", "`", ".", "?", "!", ",", ":", ";", "-", "–", "—", "…", "«",
          "»", "&quot;", "&apos;", "&nbsp;");

  private CaptionWords() {}

  /// The words of each caption in order. What begins the next caption can decide whether a single
  /// letter at the end of one keeps its point, since the tokenizer reads them as one text.
  public static List<List<String>> of(List<String> captions) {
    List<List<String>> words = new ArrayList<>();
    for (int i = 0; i < captions.size(); i++) {
      String next = i + 1 < captions.size() ? "\n" + captions.get(i + 1) : "";
      words.add(words(captions.get(i), next));
    }
    return words;
  }

  private static List<String> words(String caption, String next) {
    List<String> words = new ArrayList<>();
    String text = caption + next;
    Matcher token = TOKEN.matcher(caption);
    int at = 0;
    while (token.find(at)) {
      at = token.end();
      String word = token.group();
      if (keepsPoint(word, text, at)) {
        word += ".";
        at++;
      }
      if (!LEFT_OUT.contains(word) && !word.startsWith("..")) {
        words.add(WRITTEN.getOrDefault(word, word).replace('’', '\'').toLowerCase(Locale.ROOT));
      }
    }
    return words;
  }

  private static boolean keepsPoint(String word, String text, int end) {
    if (end >= text.length() || text.charAt(end) != '.') {
      return false;
    }
    if (word.length() == 1 && follows(SENTENCE_FOLLOWS, text, end)) {
      return false;
    }
    boolean numbered = word.equalsIgnoreCase("no") && follows(NUMBER_FOLLOWS, text, end);
    return numbered || ABBREVIATION.matcher(word).matches();
  }

  private static boolean follows(Pattern pattern, String text, int at) {
    return pattern.matcher(text).region(at, text.length()).lookingAt();
  }
}
