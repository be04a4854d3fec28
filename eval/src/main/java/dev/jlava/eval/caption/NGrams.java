package dev.jlava.eval.caption;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// How often each run of one to four words occurs in a caption.
///
/// @param length the number of words
public record NGrams(int length, Map<List<String>, Integer> counts) {
  /// The longest runs.
  static final int LONGEST = 4;

  static NGrams of(List<String> words) {
    Map<List<String>, Integer> counts = new HashMap<>();
    for (int n = 1; n <= LONGEST; n++) {
      for (int i = 0; i + n <= words.size(); i++) {
        counts.merge(List.copyOf(words.subList(i, i + n)), 1, Integer::sum);
      }
    }
    return new NGrams(words.size(), counts);
  }
}
