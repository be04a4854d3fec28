package dev.jlava.eval.task;

import java.util.List;

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
          new SeedBench(),
          new MmVet(),
          new PlainMatch(),
          new Choice(),
          new TextContained(),
          new Hallucination());

  private Tasks() {}

  /// In the order to show.
  public static List<Task> all() {
    return ALL;
  }
}
