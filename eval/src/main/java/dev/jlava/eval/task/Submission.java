package dev.jlava.eval.task;

/// What LLaVA's converters print.
final class Submission {
  private Submission() {}

  static String counts(int answers, int questions, int broken) {
    return "total results: %d, total split: %d, error_line: %d\n"
        .formatted(answers, questions, broken);
  }
}
