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
}
