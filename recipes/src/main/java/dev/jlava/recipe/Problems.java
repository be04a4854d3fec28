package dev.jlava.recipe;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/// The problems of a recipe as they are found, each with its place; raised all at once.
final class Problems {
  private final String file;
  private final List<Problem> problems = new ArrayList<>();

  private record Problem(int line, int column, String text) {}

  Problems(String file) {
    this.file = file;
  }

  void add(Optional<Mark> mark, String path, String what) {
    int line = mark.map(m -> m.getLine() + 1).orElse(1);
    int column = mark.map(m -> m.getColumn() + 1).orElse(1);
    String where = file + ":" + line + ":" + column + ": " + (path.isEmpty() ? "" : path + ": ");
    problems.add(new Problem(line, column, where + what));
  }

  void raise() {
    if (!problems.isEmpty()) {
      List<String> lines =
          problems.stream()
              .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
              .map(Problem::text)
              .toList();
      throw new RecipeException(String.join("\n", lines));
    }
  }

  /// `. Did you mean …?` where a known name is near.
  static String suggestion(String found, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(k -> distance(found, k)))
        .filter(k -> distance(found, k) <= Math.max(2, k.length() / 3))
        .map(k -> ". Did you mean " + k + "?")
        .orElse("");
  }

  /// Levenshtein's distance.
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
