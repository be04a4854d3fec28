package dev.jlava.eval.task;

import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The folder that MME's `calculation.py` reads: a text file a category, with the question's file,
/// the question, the right answer and the model's in each line, tabs between them.
final class MmeResults {
  private MmeResults() {}

  /// An answer to one of the two questions about an image.
  ///
  /// @param id the question's
  /// @param image the question's file, which has the image's name
  /// @param right `Yes` or `No`
  record Line(String id, String image, String question, String right, String answer) {
    boolean isRight() {
      return verdict().equals(PythonText.lower(right));
    }

    /// What the first four characters say.
    private String verdict() {
      String start = PythonText.lower(answer);
      int four = Math.min(4, start.codePointCount(0, start.length()));
      start = start.substring(0, start.offsetByCodePoints(0, four));
      if (start.contains("yes")) {
        return "yes";
      }
      return start.contains("no") ? "no" : "other";
    }

    private String text() {
      return String.join("\t", image, question, right, answer.replaceAll("[\t\r\n]+", " ")) + "\n";
    }
  }

  /// The lines of each category that the folder has.
  static Map<String, List<Line>> read(Path folder, List<String> categories) {
    Map<String, List<Line>> byCategory = new LinkedHashMap<>();
    for (String category : categories) {
      Path file = folder.resolve(category + ".txt");
      if (!Files.isRegularFile(file)) {
        throw new DataException(
            "%s: no such file; a folder of MME's results has one for each of %s"
                .formatted(file, categories));
      }
      List<Line> lines = new ArrayList<>();
      for (String line : Json.text(file).lines().toList()) {
        List<String> parts = PythonText.split(line, '\t');
        check(file + ":" + (lines.size() + 1), parts);
        String id = category + "/" + parts.get(0);
        lines.add(new Line(id, parts.get(0), parts.get(1), parts.get(2), parts.get(3)));
      }
      byCategory.put(category, lines);
    }
    return byCategory;
  }

  private static void check(String where, List<String> parts) {
    boolean fits =
        parts.size() == 4 && List.of("yes", "no").contains(PythonText.lower(parts.get(2)));
    if (!fits) {
      throw new DataException(
          where
              + ": not a line of MME's results (found "
              + parts
              + ", expected file, question, yes or no, answer, with tabs between them)");
    }
  }

  /// The files of a folder.
  static List<Score.Output> files(Path folder, Map<String, List<Line>> byCategory) {
    List<Score.Output> files = new ArrayList<>();
    byCategory.forEach((category, lines) -> {
      StringBuilder text = new StringBuilder();
      lines.forEach(line -> text.append(line.text()));
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      files.add(new Score.Output(folder.resolve(category + ".txt"), bytes));
    });
    return files;
  }
}
