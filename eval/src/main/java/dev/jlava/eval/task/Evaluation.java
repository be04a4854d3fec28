package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// How one model, or a control, answered a set of questions.
///
/// @param label `before align`, `after instruct`, …
/// @param control whether it is a control, such as a blank image, and no step of the training
/// @param seconds that answering took
public record Evaluation(String label, boolean control, double seconds, List<Answered> answers) {
  public Evaluation {
    answers = List.copyOf(answers);
  }

  /// A question and what was answered.
  public record Answered(
      String id,
      String image,
      String category,
      String question,
      String reference,
      String answer,
      boolean right) {}

  /// Share of right answers, 0 to 1.
  public double accuracy() {
    return answers.stream().filter(Answered::right).count() / (double) answers.size();
  }

  /// Writes it as JSON, whole or not at all.
  public void write(Path file) throws IOException {
    WholeFile.write(
        file, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
  }

  public static Evaluation read(Path file) {
    try {
      return new ObjectMapper().readValue(file.toFile(), Evaluation.class);
    } catch (IOException e) {
      throw new DataException(file + ": not an evaluation (" + e.getMessage() + ")", e);
    }
  }
}
