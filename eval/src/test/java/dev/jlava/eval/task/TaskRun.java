package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A task with the files it is given, written into a folder.
final class TaskRun {
  private final Task task;
  private final Path folder;
  private final Map<String, List<String>> values = new HashMap<>();

  TaskRun(String name, Path folder) {
    this.task = Tasks.all().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    this.folder = folder;
  }

  /// A file with a JSON value, or lines of JSON where the name ends in `.jsonl`.
  TaskRun json(String input, String name, JsonNode content) throws IOException {
    StringBuilder text = new StringBuilder();
    if (name.endsWith(".jsonl")) {
      content.forEach(line -> text.append(line).append('\n'));
    } else {
      text.append(content);
    }
    return text(input, name, text.toString());
  }

  TaskRun text(String input, String name, String content) throws IOException {
    return value(input, write(name, content).toString());
  }

  Path write(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }

  TaskRun value(String input, String value) {
    if (task.inputs().stream().noneMatch(known -> known.name().equals(input))) {
      throw new IllegalArgumentException(task.name() + " has no input " + input);
    }
    values.computeIfAbsent(input, key -> new ArrayList<>()).add(value);
    return this;
  }

  Score score() {
    return task.score(new Given(values));
  }

  /// The JSON that a score writes into a file.
  static JsonNode written(Score score, String name) throws IOException {
    for (Score.Output output : score.outputs()) {
      if (output.file().endsWith(name)) {
        return new ObjectMapper().readTree(new String(output.content(), StandardCharsets.UTF_8));
      }
    }
    throw new AssertionError(name + " is not written: " + score.outputs());
  }
}
