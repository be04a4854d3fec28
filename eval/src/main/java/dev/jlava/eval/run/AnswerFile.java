package dev.jlava.eval.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/// Answers as they come in, a line each. A line that was cut off when a process was killed is taken
/// back.
///
/// @param file may not exist yet
record AnswerFile(Path file) {
  /// The answers so far; the rest of a cut line goes.
  List<Row> rows() {
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      byte[] all = Files.readAllBytes(file);
      int end = all.length;
      while (end > 0 && all[end - 1] != '\n') {
        end--;
      }
      if (end < all.length) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(end);
        }
      }
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read (" + e + ")", e);
    }
    return Json.lines(file);
  }

  /// Checks that the answers so far are to these questions.
  ///
  /// @param rendered the prompts, at least as many
  /// @return how many there are
  int check(List<String> rendered) {
    List<Row> rows = rows();
    for (int i = 0; i < rows.size(); i++) {
      boolean same = i < rendered.size() && rows.get(i).text("rendered").equals(rendered.get(i));
      if (!same) {
        throw new DataException(
            rows.get(i).where()
                + ": answers another question than the task asks there now (found question_id "
                + rows.get(i).id("question_id")
                + "); the questions have changed: choose another --out, or put them back");
      }
    }
    return rows.size();
  }

  void add(List<ObjectNode> answers) {
    StringBuilder lines = new StringBuilder();
    answers.forEach(answer -> lines.append(answer).append('\n'));
    try {
      Files.write(
          file,
          lines.toString().getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be written (" + e + "); make room", e);
    }
  }
}
