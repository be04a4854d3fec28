package dev.jlava.eval.run;

import dev.jlava.eval.task.Asking;
import dev.jlava.eval.task.Given;
import dev.jlava.eval.task.Item;
import dev.jlava.eval.task.Score;
import dev.jlava.eval.task.Task;
import dev.jlava.eval.task.Tasks;
import dev.jlava.recipe.EvalRecipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A task of an evaluation, its questions read: what is asked, and how answers become a score.
final class TaskPlan {
  private final EvalRecipe.Task settings;
  private final Task task;
  private final Given files;
  private final List<Item> items;
  private final boolean isPart;
  private final int maxNewTokens;
  private final Shots shots;

  /// Reads the questions.
  ///
  /// @param most questions to ask at most, beside what the task's own settings say
  /// @throws dev.jlava.data.DataException where a file is not what the task expects
  TaskPlan(EvalRecipe.Task settings, EvalRecipe.Generation generation, Optional<Integer> most) {
    this.settings = settings;
    this.task = Tasks.named(settings.type());
    this.files = new Given(files(settings));
    Asking asking = task.asking().orElseThrow();
    List<Item> all = asking.items(files);
    Optional<Integer> own = Optional.ofNullable(settings.samples());
    int samples = Math.min(own.orElse(Integer.MAX_VALUE), most.orElse(Integer.MAX_VALUE));
    this.items = spread(all, samples);
    this.isPart = items.size() < all.size();
    this.maxNewTokens =
        Stream.of(settings.maxNewTokens(), generation.maxNewTokens())
            .flatMap(Stream::ofNullable)
            .findFirst()
            .orElse(asking.maxNewTokens());
    this.shots = Shots.of(settings);
  }

  private static Map<String, List<String>> files(EvalRecipe.Task settings) {
    Map<String, List<String>> files = new HashMap<>();
    put(files, "questions", settings.questions());
    put(files, "images", settings.images());
    put(files, "annotations", settings.annotations());
    put(files, "split", settings.split());
    return files;
  }

  private static void put(Map<String, List<String>> files, String name, @Nullable Object value) {
    if (value != null) {
      files.put(name, List.of(value.toString()));
    }
  }

  /// As many questions, evenly spread over the file; those that count only together count as one.
  private static List<Item> spread(List<Item> all, int samples) {
    Map<String, List<Item>> groups =
        all.stream()
            .collect(Collectors.groupingBy(Item::group, LinkedHashMap::new, Collectors.toList()));
    if (samples >= groups.size()) {
      return all;
    }
    List<List<Item>> inOrder = List.copyOf(groups.values());
    List<Item> chosen = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      chosen.addAll(inOrder.get((int) ((long) i * inOrder.size() / samples)));
    }
    return chosen;
  }

  EvalRecipe.Task settings() {
    return settings;
  }

  Task task() {
    return task;
  }

  /// What is asked, in order.
  List<Item> items() {
    return items;
  }

  /// The places of the questions in the order of asking: those about the same images follow on one
  /// another, which then are read once.
  List<Integer> order() {
    Map<List<Path>, List<Integer>> byImages = new LinkedHashMap<>();
    for (int place = 0; place < items.size(); place++) {
      byImages.computeIfAbsent(items.get(place).images(), images -> new ArrayList<>()).add(place);
    }
    return byImages.values().stream().flatMap(List::stream).toList();
  }

  /// Whether only some of the questions are asked.
  boolean isPart() {
    return isPart;
  }

  Shots shots() {
    return shots;
  }

  int maxNewTokens() {
    return maxNewTokens;
  }

  /// The score of answers.
  ///
  /// @param directory where files for evaluation servers go
  Score score(Path answers, Path directory) {
    Map<String, List<String>> more = new HashMap<>();
    more.put("answers", List.of(answers.toString()));
    if (takes("out")) {
      more.put("out", List.of(directory.resolve(task.submission()).toString()));
    }
    Given given = task.asking().orElseThrow().forScoring(files).with(more);
    return task.score(
        isPart
            ? given.asking(
                items.stream().map(item -> item.id().asText()).collect(Collectors.toSet()))
            : given);
  }

  private boolean takes(String input) {
    return task.inputs().stream().anyMatch(one -> one.name().equals(input));
  }
}
