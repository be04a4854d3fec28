package dev.jlava.eval.task;

import java.util.Locale;

/// Whether an answer says the same as its reference: case, surrounding space and a final full stop
/// aside.
public final class ExactMatch {
  private ExactMatch() {}

  public static boolean isRight(String answer, String reference) {
    return normal(answer).equals(normal(reference));
  }

  private static String normal(String text) {
    String stripped = text.strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
    return stripped.endsWith(".") ? stripped.substring(0, stripped.length() - 1) : stripped;
  }
}
