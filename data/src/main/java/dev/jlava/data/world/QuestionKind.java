package dev.jlava.data.world;

import java.util.Locale;

/// What a question asks for; the category that accuracy is reported by.
public enum QuestionKind {
  COLOUR,
  SHAPE,
  SIZE,
  COUNT,
  EXISTENCE,
  RELATION,
  REASONING,
  DESCRIPTION;

  /// The kind's word in files and reports.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
