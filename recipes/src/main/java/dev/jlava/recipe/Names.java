package dev.jlava.recipe;

import java.util.List;
import java.util.Optional;

/// The names that recipes may use for what other modules define.
///
/// @param templates the conversation templates there are
/// @param tasks the tasks that can be asked; where there are none, tasks are not checked
public record Names(List<String> templates, List<TaskKeys> tasks) {
  public Names {
    templates = List.copyOf(templates);
    tasks = List.copyOf(tasks);
  }

  /// The files and values that one task is given by keys of its own.
  ///
  /// @param needs keys that it needs
  /// @param takes keys that it takes beside these
  public record TaskKeys(String type, List<String> needs, List<String> takes) {}

  List<String> taskNames() {
    return tasks.stream().map(TaskKeys::type).toList();
  }

  Optional<TaskKeys> task(String type) {
    return tasks.stream().filter(task -> task.type().equals(type)).findFirst();
  }
}
