package dev.jlava.eval.task;

import dev.jlava.eval.compat.PythonText;
import java.util.List;

/// Whether an answer says yes or no, by POPE's rule: no if the first sentence, commas aside, holds
/// the word `No`, `no` or `not` between spaces; yes otherwise, whatever it says (Li et al. 2023).
final class YesNo {
  private YesNo() {}

  static boolean saysYes(String answer) {
    String sentence = PythonText.split(answer, '.').getFirst().replace(",", "");
    List<String> words = PythonText.split(sentence, ' ');
    return !(words.contains("No") || words.contains("not") || words.contains("no"));
  }
}
