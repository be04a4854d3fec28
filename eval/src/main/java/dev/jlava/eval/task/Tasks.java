package dev.jlava.eval.task;

import dev.jlava.eval.task.MmBenchQuestions.Language;
import dev.jlava.recipe.Names;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Every task.
public final class Tasks {
  private static final List<Task> ALL =
      List.of(
          new LlavaBench(),
          new ScienceQa(),
          new ScienceComplement(),
          new ScienceJudge(),
          new Pope(),
          new TextVqa(),
          new Vqa2(),
          new Gqa(),
          new VizWiz(),
          new Mme(),
          new MmBench("mmbench", Language.ENGLISH, false),
          new MmBench("mmbench_circular", Language.ENGLISH, true),
          new MmBench("mmbench_cn", Language.CHINESE, false),
          new MmBench("mmbench_cn_circular", Language.CHINESE, true),
          new SeedBench(),
          new MmVet(),
          new PlainMatch(),
          new Choice(),
          new TextContained(),
          new Captioning(),
          new Hallucination());

  /// Inputs that are keys of a task in a recipe under the same name.
  private static final List<String> FILES = List.of("questions", "images", "annotations", "split");

  private Tasks() {}

  /// The files and values that a recipe gives each task that can be asked, by the names of recipes'
  /// keys.
  public static List<Names.TaskKeys> keys() {
    return ALL.stream()
        .filter(task -> task.asking().isPresent())
        .map(task -> keys(task, task.asking().orElseThrow()))
        .toList();
  }

  private static Names.TaskKeys keys(Task task, Asking asking) {
    Set<String> needs = new LinkedHashSet<>();
    Set<String> takes = new LinkedHashSet<>();
    for (Input input : inputs(task, asking)) {
      if (FILES.contains(input.name())) {
        (input.need() == Input.Need.ONE ? needs : takes).add(input.name());
      }
    }
    if (task.isJudged()) {
      takes.addAll(List.of("answers", "context", "judge"));
    }
    takes.removeAll(needs);
    return new Names.TaskKeys(task.name(), List.copyOf(needs), List.copyOf(takes));
  }

  /// What asking reads, and what else scoring reads.
  private static List<Input> inputs(Task task, Asking asking) {
    Set<String> asked = asking.inputs().stream().map(Input::name).collect(Collectors.toSet());
    return Stream.concat(
            asking.inputs().stream(),
            task.inputs().stream().filter(input -> !asked.contains(input.name())))
        .toList();
  }

  /// The task of a name.
  public static Task named(String name) {
    return ALL.stream().filter(task -> task.name().equals(name)).findFirst().orElseThrow();
  }

  /// In the order to show.
  public static List<Task> all() {
    return ALL;
  }
}
