package dev.jlava.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// What the schema cannot say of tasks: which files each needs, names that repeat, examples without
/// a pool. Reads a tree that may be faulty in other ways.
final class EvalChecks {
  /// Keys that some tasks have and others have not.
  private static final List<String> OWN =
      List.of("questions", "images", "annotations", "split", "answers", "context", "judge");

  private final Names names;
  private final RecipeText text;
  private final Problems problems;

  EvalChecks(Names names, RecipeText text, Problems problems) {
    this.names = names;
    this.text = text;
    this.problems = problems;
  }

  /// @param list where the tasks stand
  void run(String list) {
    Set<String> labels = new HashSet<>();
    for (int i = 0; i < text.root().at(list).size(); i++) {
      String pointer = list + "/" + i;
      JsonNode task = text.root().at(pointer);
      String type = task.path("type").asText();
      String label = task.path("name").asText(type);
      if (!labels.add(label)) {
        problems.add(
            text.value(pointer),
            pointer,
            "another task has this name (found '" + label + "'); give one of them a name");
      }
      names.task(type).ifPresent(known -> keys(known, task, pointer));
      if (task.path("judge").isObject()) {
        judge(task.get("judge"), pointer + "/judge");
        if (!task.has("answers")) {
          problems.add(
              text.value(pointer), pointer + "/answers", "missing (the judge compares with them)");
        }
      }
      shots(task, pointer);
    }
  }

  private void keys(Names.TaskKeys known, JsonNode task, String pointer) {
    for (String key : known.needs()) {
      if (!task.has(key)) {
        problems.add(
            text.value(pointer), pointer + "/" + key, "missing (" + known.type() + " needs it)");
      }
    }
    List<String> allowed = Stream.concat(known.needs().stream(), known.takes().stream()).toList();
    for (String key : OWN) {
      if (task.has(key) && !allowed.contains(key)) {
        problems.add(
            text.key(pointer + "/" + key),
            pointer + "/" + key,
            known.type() + " has no use for it (takes " + allowed + ")");
      }
    }
  }

  private void shots(JsonNode task, String pointer) {
    boolean examples = task.path("shots").asInt() > 0;
    if (examples && !task.has("pool")) {
      problems.add(text.value(pointer), pointer + "/pool", "missing (shots are drawn from it)");
    } else if (!examples && (task.has("pool") || task.has("pool_images"))) {
      String key = pointer + (task.has("pool") ? "/pool" : "/pool_images");
      problems.add(text.key(key), key, "without shots nothing is drawn from it; give shots");
    }
  }

  /// A judge has an address or a path, and LLaVA's ways leave nothing to choose.
  void judge(JsonNode judge, String pointer) {
    for (String key : List.of("base_url", "model")) {
      if (!judge.has("model_path") && !judge.has(key)) {
        problems.add(
            text.value(pointer),
            pointer + "/" + key,
            "missing (a judge is base_url and model, or model_path)");
      }
    }
    for (String key :
        List.of("base_url", "model", "api_key_env", "max_tokens_as", "requests_per_minute")) {
      if (judge.has("model_path") && judge.has(key)) {
        problems.add(
            text.key(pointer + "/" + key),
            pointer + "/" + key,
            "model_path gives a judge that needs no API; leave it out, or leave model_path out");
      }
    }
    boolean compat = judge.path("compat").asText().equals("llava");
    if (compat && judge.path("samples").asInt(1) > 1) {
      problems.add(
          text.key(pointer + "/samples"),
          pointer + "/samples",
          "compat: llava asks once (found " + judge.get("samples") + "); leave one of the two out");
    }
    if (compat && judge.path("orders").asText().equals("both")) {
      problems.add(
          text.key(pointer + "/orders"),
          pointer + "/orders",
          "compat: llava asks with the reference first only; leave one of the two out");
    }
    JsonNode budget = judge.path("budget");
    if (budget.has("max_cost")
        && budget.path("input_price").asDouble() <= 0
        && budget.path("output_price").asDouble() <= 0) {
      problems.add(
          text.key(pointer + "/budget/max_cost"),
          pointer + "/budget/max_cost",
          "needs prices (input_price, output_price)");
    }
  }
}
