package dev.jlava.eval.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.WholeFile;
import dev.jlava.eval.task.Given;
import dev.jlava.eval.task.Mark;
import dev.jlava.eval.task.Score;
import dev.jlava.eval.task.Task;
import dev.jlava.recipe.EvalRecipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What one model's answers to a task are worth, on disk: `score.json` beside the answers, and the
/// files for evaluation servers.
///
/// @param label the task's in the evaluation
/// @param path the directory of the answers
public record ScoreFile(Task task, String label, Path path) {
  /// Writes what a judge's reviews of the answers are worth.
  ///
  /// @param judge that gave them; null if it is not known any more
  /// @return none where there are no reviews
  public Optional<Score> judged(EvalRecipe.@Nullable Judge judge) {
    Path reviews = directory().reviews();
    if (!Files.exists(reviews)) {
      return Optional.empty();
    }
    boolean asLlava = judge != null && judge.compat() == EvalRecipe.Compat.LLAVA;
    Score score =
        task.score(
            new Given(
                Map.of(
                    "answers",
                    List.of(reviews.toString()),
                    "failed",
                    List.of(asLlava ? "llava" : "exclude"))));
    write(score, score.marks());
    return Optional.of(score);
  }

  /// Writes a score.
  ///
  /// @param marks in the answers' order
  void write(Score score, List<Mark> marks) {
    score.outputs().forEach(output -> WholeFile.write(output.file(), output.content()));
    WholeFile.write(directory().score(), Json.prettyBytes(json(score, marks)));
  }

  private TaskDirectory directory() {
    return new TaskDirectory(path);
  }

  private ObjectNode json(Score score, List<Mark> each) {
    ObjectNode json = Json.object().put("task", task.name());
    json.put("name", label);
    json.set("figures", score.figures());
    json.put("text", score.text());
    score.notes().forEach(json.putArray("notes")::add);
    score
        .headline()
        .ifPresent(headline -> {
          ObjectNode shown = json.putObject("headline").put("name", headline.name());
          shown.put("value", Double.isNaN(headline.value()) ? null : (Double) headline.value());
          shown.put("unit", headline.unit());
        });
    ArrayNode marks = json.putArray("per_question");
    for (Mark mark : each) {
      ObjectNode one = marks.addObject().put("question_id", mark.id());
      one.put("category", mark.category());
      one.put("value", mark.value().isPresent() ? (Double) mark.value().getAsDouble() : null);
    }
    double seconds =
        new AnswerFile(directory().answers())
            .rows().stream().mapToDouble(row -> row.value("seconds").asDouble()).sum();
    return json.put("seconds", seconds);
  }
}
