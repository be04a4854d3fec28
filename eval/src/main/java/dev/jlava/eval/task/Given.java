package dev.jlava.eval.task;

import dev.jlava.eval.task.Input.Need;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The values that a task's inputs were given.
public final class Given {
  private final Map<String, List<String>> values;
  private final Optional<Set<String>> asked;

  /// @param values by the inputs' names
  public Given(Map<String, List<String>> values) {
    this(values, Optional.empty());
  }

  private Given(Map<String, List<String>> values, Optional<Set<String>> asked) {
    this.values = Map.copyOf(values);
    this.asked = asked.map(Set::copyOf);
  }

  /// The same values where only some questions were asked: no other counts.
  public Given asking(Set<String> ids) {
    return new Given(values, Optional.of(ids));
  }

  /// The same values, with others of some inputs.
  ///
  /// @param others by the inputs' names
  public Given with(Map<String, List<String>> others) {
    Map<String, List<String>> changed = new HashMap<>(values);
    changed.putAll(others);
    return new Given(changed, asked);
  }

  /// Whether a question was asked.
  boolean wasAsked(String id) {
    return asked.map(ids -> ids.contains(id)).orElse(true);
  }

  /// Whether only some questions were asked.
  boolean isPart() {
    return asked.isPresent();
  }

  /// Every value, in order.
  List<String> all(Input input) {
    List<String> all = values.getOrDefault(input.name(), List.of());
    boolean needed = input.need() == Need.ONE || input.need() == Need.AT_LEAST_ONE;
    boolean single = input.need() == Need.ONE || input.need() == Need.AT_MOST_ONE;
    if ((needed && all.isEmpty()) || (single && all.size() > 1)) {
      throw new IllegalArgumentException(
          input.name() + ": " + all.size() + " values (expected " + input.need() + ")");
    }
    return all;
  }

  List<Path> paths(Input input) {
    return all(input).stream().map(Path::of).toList();
  }

  Path path(Input input) {
    return Path.of(all(input).getFirst());
  }

  Optional<String> text(Input input) {
    return all(input).stream().findFirst();
  }

  Optional<Path> optionalPath(Input input) {
    return text(input).map(Path::of);
  }
}
