package dev.jlava.recipe;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/// The problems of a recipe as they are found, each with its place; raised all at once.
public final class Problems {
  private final String file;
  private final List<Problem> problems = new ArrayList<>();

  private record Problem(RecipeText.Place place, String text) {}

  Problems(String file) {
    this.file = file;
  }

  /// @param pointer the path as a JSON pointer
  void add(RecipeText.Place place, String pointer, String what) {
    String path = pointer.isEmpty() ? "" : pointer.substring(1).replace('/', '.') + ": ";
    String where = file + ":" + place.line() + ":" + place.column() + ": ";
    problems.add(new Problem(place, where + path + what));
  }

  void raise() {
    if (!problems.isEmpty()) {
      List<String> lines =
          problems.stream()
              .sorted(
                  Comparator.<Problem>comparingInt(p -> p.place().line())
                      .thenComparingInt(p -> p.place().column()))
              .map(Problem::text)
              .toList();
      throw new RecipeException(String.join("\n", lines));
    }
  }

  /// `. Did you mean …?` where a known name is near.
  public static String suggestion(String found, Collection<String> known) {
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
