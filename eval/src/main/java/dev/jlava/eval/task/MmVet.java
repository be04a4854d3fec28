package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// MM-Vet: open questions that take several abilities at once (Yu et al. 2023). Makes the file that
/// MM-Vet's own evaluator grades, as LLaVA's converter does.
final class MmVet implements Task {
  private static final Input ANSWERS = Input.answers("Answers: question_id and text, a line each.");
  private static final Input OUT =
      Input.one("out", "FILE", "The results file to write, for MM-Vet's evaluator.");

  @Override
  public String name() {
    return "mmvet";
  }

  @Override
  public String summary() {
    return "Open questions that take several abilities: the file for MM-Vet's evaluator.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, OUT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(new QuestionFile(QuestionFile.OPEN_ANSWER, MmVet::rows));
  }

  /// The questions of `mm-vet.json`, an object of them by `v1_0`, `v1_1`, …; LLaVA leaves `v1_` out
  /// of ids.
  private static List<Row> rows(Row file) {
    List<Row> rows = new ArrayList<>();
    file.entries()
        .forEach((name, question) -> {
          if (!name.matches("v1_\\d{1,9}")) {
            throw question.wrong("wrong name", new TextNode(name), "v1_0, v1_1, …");
          }
          JsonNode id = new IntNode(Integer.parseInt(name.substring("v1_".length())));
          rows.add(
              QuestionFile.row(
                  question, id, question.text("imagename"), question.text("question")));
        });
    return rows;
  }

  @Override
  public Score score(Given given) {
    ObjectNode results = Json.object();
    for (Row answer : Json.lines(given.paths(ANSWERS))) {
      results.put("v1_" + answer.id("question_id"), answer.text("text"));
    }
    return Score.of("", Json.object().put("answers", results.size()))
        .writing(List.of(new Score.Output(given.path(OUT), Json.prettyBytes(results))));
  }
}
