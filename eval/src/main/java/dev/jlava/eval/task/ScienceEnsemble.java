package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.Map;

/// What both ensembles of LLaVA and a text-only model on ScienceQA read and count.
final class ScienceEnsemble {
  static final Input ANSWERS =
      Input.answers("The model's answers: question_id, prompt and text, a line each.");
  static final Input GPT4 =
      Input.one(
          "gpt4", "FILE", "The text-only model's answers: JSON with 'outputs' by problem id.");

  private ScienceEnsemble() {}

  static Map<String, Row> answers(Given given) {
    return Row.byId(Json.lines(given.paths(ANSWERS)), "question_id");
  }

  static Row outputs(Given given) {
    return Json.file(given.path(GPT4)).object("outputs");
  }

  /// `Total: 30, TITLE: 20, Accuracy: 66.67%`, and the same among the figures.
  static String line(ObjectNode figures, String key, Counted counted) {
    double share = Figures.share(counted.count(), counted.total());
    Figures.put(figures.put(key, counted.count()), key + "_share", share);
    return "Total: %d, %s: %d, %s: %s%%\n"
        .formatted(
            counted.total(),
            counted.title(),
            counted.count(),
            counted.unit(),
            Figures.percent(share));
  }

  /// @param unit `Accuracy` or `Percentage`
  record Counted(String title, int count, int total, String unit) {
    static Counted right(String title, int count, int total) {
      return new Counted(title, count, total, "Accuracy");
    }

    static Counted share(String title, int count, int total) {
      return new Counted(title, count, total, "Percentage");
    }
  }
}
