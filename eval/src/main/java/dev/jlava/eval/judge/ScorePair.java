package dev.jlava.eval.judge;

import dev.jlava.eval.compat.PythonNumbers;
import dev.jlava.eval.compat.PythonText;
import java.util.List;
import java.util.OptionalDouble;

/// What a judge gives two answers.
///
/// @param first the reference answer's
/// @param second the model's
public record ScorePair(double first, double second) {
  /// Stands for a review whose first line does not hold two scores, as in LLaVA's review files.
  public static final ScorePair FAILED = new ScorePair(-1, -1);

  /// Reads the first line of a review: two numbers with one space or comma between them. Anything
  /// else, `8/10 9/10` or two spaces, gives [#FAILED].
  public static ScorePair parse(String review) {
    String line = PythonText.split(review, '\n').getFirst().replace(',', ' ');
    List<String> numbers = PythonText.split(line, ' ');
    if (numbers.size() != 2) {
      return FAILED;
    }
    OptionalDouble first = PythonNumbers.parse(numbers.get(0));
    OptionalDouble second = PythonNumbers.parse(numbers.get(1));
    return first.isPresent() && second.isPresent()
        ? new ScorePair(first.getAsDouble(), second.getAsDouble())
        : FAILED;
  }

  /// How much better the model's answer is, in points.
  double lead() {
    return second - first;
  }

  /// Whether the review held no scores.
  public boolean failed() {
    return equals(FAILED);
  }
}
