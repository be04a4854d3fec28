package dev.jlava.eval.judge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A small benchmark in LLaVA's files, and a judge that is easy to foresee.
final class JudgeFiles {
  static final List<Integer> REFERENCE = List.of(8, 9, 7, 8, 6, 9);

  private static final List<String> CATEGORIES = List.of("conv", "detail", "complex");
  private static final Pattern QUALITY =
      Pattern.compile("(?s)\\[Assistant 1]\n[^\n]*q=(\\d+).*\\[Assistant 2]\n[^\n]*q=(\\d+)");

  private final Path directory;

  JudgeFiles(Path directory) throws IOException {
    this.directory = directory;
    StringBuilder questions = new StringBuilder();
    StringBuilder context = new StringBuilder();
    for (int i = 0; i < REFERENCE.size(); i++) {
      questions.append(
          """
          {"question_id": %d, "image": "%d.jpg", "category": "%s", "text": "Question %d?"}
          """
              .formatted(i, i, CATEGORIES.get(i % 3), i));
      context.append("{\"image\": \"%d.jpg\", \"caption\": \"Caption %d.\"}\n".formatted(i, i));
    }
    write("questions.jsonl", questions.toString());
    write("context.jsonl", context.toString());
    answers("reference", REFERENCE);
  }

  Path path(String name) {
    return directory.resolve(name);
  }

  Path write(String name, String text) throws IOException {
    return Files.writeString(path(name), text);
  }

  /// Answers that say how good they are.
  Path answers(String name, List<Integer> qualities) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < qualities.size(); i++) {
      lines.append(
          "{\"question_id\": %d, \"text\": \"By %s, q=%d\", \"answer_id\": \"%s%d\"}\n"
              .formatted(i, name, qualities.get(i), name.charAt(0), i));
    }
    return write(name + ".jsonl", lines.toString());
  }

  /// Scores by what the answers say of themselves.
  ///
  /// @param bonus points for the first place
  static String verdict(String question, int bonus) {
    Matcher quality = QUALITY.matcher(question);
    if (!quality.find()) {
      throw new IllegalStateException("no answers in: " + question);
    }
    int first = Math.min(10, Integer.parseInt(quality.group(1)) + bonus);
    return first + " " + quality.group(2) + "\nBecause it says so.";
  }
}
