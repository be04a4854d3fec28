package dev.jlava.eval.task;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Which choice an answer names, by the rules of LLaVA's ScienceQA scripts.
final class ChoiceLetter {
  /// What stands for an answer that names no choice.
  static final String FAILED = "FAILED";

  /// The letters that choices have, in order.
  static final String LETTERS = "ABCDE";

  /// The last point of the pattern is any character, as in the scripts; UNIX_LINES gives it
  /// Python's meaning.
  private static final Pattern SENTENCE =
      Pattern.compile("The answer is ([A-Z]).", Pattern.UNIX_LINES);

  private ChoiceLetter() {}

  /// A letter alone, `B. and more`, or what [#inSentence] finds.
  static String of(String answer) {
    if (answer.length() == 1 && LETTERS.contains(answer)) {
      return answer;
    }
    boolean listed = answer.length() >= 3 && answer.startsWith(". ", 1);
    if (listed && LETTERS.indexOf(answer.charAt(0)) >= 0) {
      return answer.substring(0, 1);
    }
    return inSentence(answer);
  }

  /// The letter of `The answer is B.`, if that stands there once; [#FAILED] otherwise.
  static String inSentence(String answer) {
    List<MatchResult> found = SENTENCE.matcher(answer).results().toList();
    return found.size() == 1 ? found.getFirst().group(1) : FAILED;
  }

  /// The place of a letter among so many choices; -1 where it is none of theirs.
  static int index(String letter, int choices) {
    int index = letter.length() == 1 ? LETTERS.indexOf(letter) : -1;
    return index < choices ? index : -1;
  }
}
