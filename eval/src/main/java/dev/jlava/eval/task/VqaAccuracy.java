package dev.jlava.eval.task;

import java.util.List;

/// Soft accuracy against ten people's answers: each of the ten is left out in turn, and an answer
/// counts a third for every one of the other nine that gave it, at most 1 (Antol et al. 2015).
final class VqaAccuracy {
  /// How many people answer each question.
  static final int PEOPLE = 10;

  private VqaAccuracy() {}

  /// From 0 to 1.
  ///
  /// @param people their answers, ten
  static double of(String answer, List<String> people) {
    String said = VqaAnswer.normal(answer);
    List<String> normal = people.stream().map(VqaAnswer::normal).toList();
    int same = (int) normal.stream().filter(said::equals).count();
    if (same == 0) {
      return 0;
    }
    double sum = 0;
    for (String leftOut : normal) {
      int matching = leftOut.equals(said) ? same - 1 : same;
      sum += Math.min(1, matching / 3.0);
    }
    return sum / normal.size();
  }
}
