package dev.jlava.eval.page;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;

/// A Markdown text in the making. Texts are escaped: they cannot become markup.
public final class Markdown {
  /// A figure with its unit or interval, or the dash in place of one.
  private static final Pattern NUMBER = Pattern.compile("–|(< |[+-])?\\d[\\d.,e-]*( .*)?|\\[.*");

  private final StringBuilder text = new StringBuilder();

  /// A heading.
  ///
  /// @param level 1 for the title
  public Markdown heading(int level, String words) {
    text.append("#".repeat(level)).append(' ').append(escaped(words)).append("\n\n");
    return this;
  }

  /// A paragraph; none where there are no words.
  public Markdown paragraph(String words) {
    if (!words.isBlank()) {
      text.append(escaped(words)).append("\n\n");
    }
    return this;
  }

  /// A table; none where there are no rows. Columns of numbers are aligned to the right.
  public Markdown table(List<String> head, List<List<String>> rows) {
    if (!rows.isEmpty()) {
      row(head);
      for (int column = 0; column < head.size(); column++) {
        int place = column;
        boolean numbers = rows.stream().allMatch(row -> NUMBER.matcher(row.get(place)).matches());
        text.append(numbers ? "|---:" : "|---");
      }
      text.append("|\n");
      rows.forEach(this::row);
      text.append('\n');
    }
    return this;
  }

  /// Text as it is.
  ///
  /// @param language that editors colour it by
  public Markdown code(String language, String lines) {
    String fence = lines.contains("```") ? "~~~~" : "```";
    text.append(fence).append(language).append('\n').append(lines.stripTrailing());
    text.append('\n').append(fence).append("\n\n");
    return this;
  }

  private void row(List<String> cells) {
    text.append("| ")
        .append(String.join(" | ", cells.stream().map(Markdown::escaped).toList()))
        .append(" |\n");
  }

  private static String escaped(String words) {
    return words
        .strip()
        .replaceAll("[\\\\`*_\\[\\]|#]", "\\\\$0")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replaceAll("\\s+", " ");
  }

  @Override
  public String toString() {
    return text.toString().stripTrailing() + "\n";
  }

  /// A row that ends with the same text several times.
  public static List<String> filled(List<String> first, int others, String text) {
    List<String> row = new ArrayList<>(first);
    row.addAll(Collections.nCopies(others, text));
    return row;
  }
}
