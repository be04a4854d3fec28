package dev.jlava.eval.page;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// A Markdown text in the making. Texts are escaped: they cannot become markup.
public final class Markdown {
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

  /// A table; none where there are no rows. Its numbers are the cells behind the first.
  public Markdown table(List<String> head, List<List<String>> rows) {
    if (!rows.isEmpty()) {
      row(head);
      text.append("|---").append("|---:".repeat(head.size() - 1)).append("|\n");
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
