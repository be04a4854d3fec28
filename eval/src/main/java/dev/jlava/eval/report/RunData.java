package dev.jlava.eval.report;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Everything the report of a run shows.
///
/// @param title the run's name
/// @param summary one or two sentences under the title; may be empty
/// @param command how to do it again, as typed: `./jlava quickstart`
/// @param recipe the resolved recipe, as YAML
/// @param facts what else to know to do it again, in order: machine, cores, JDK, seed, commit…
/// @param stages the stages that ran, in order
/// @param parts one row for each part in each stage, frozen ones included
/// @param evaluations the models and controls that were asked, in the order of the answers
/// @param examples held-out questions with the answers, in the order asked
/// @param costs where time and memory went, in order; may be empty
public record RunData(
    String title,
    String summary,
    String command,
    String recipe,
    Map<String, String> facts,
    List<Stage> stages,
    List<Part> parts,
    List<Evaluation> evaluations,
    List<Example> examples,
    List<Cost> costs) {

  public RunData {
    facts = new LinkedHashMap<>(facts);
    stages = List.copyOf(stages);
    parts = List.copyOf(parts);
    evaluations = List.copyOf(evaluations);
    examples = List.copyOf(examples);
    costs = List.copyOf(costs);
    for (Example example : examples) {
      if (example.answers().size() > evaluations.size()) {
        throw new IllegalArgumentException(
            "'%s' has %d answers (expected at most one for each of %d evaluations)"
                .formatted(example.question(), example.answers().size(), evaluations.size()));
      }
    }
  }

  /// The curves of one stage.
  ///
  /// @param name as in the recipe
  /// @param validation held-out loss; may be empty
  /// @param scores of tasks that were asked on the way; may be empty
  public record Stage(
      String name, List<Step> steps, List<Validation> validation, List<Scores> scores) {
    public Stage {
      steps = List.copyOf(steps);
      validation = List.copyOf(validation);
      scores = List.copyOf(scores);
    }

    /// One that has not begun.
    static Stage empty(String name) {
      return new Stage(name, List.of(), List.of(), List.of());
    }

    /// Tasks that were asked on the way, in the order met.
    Set<String> tasks() {
      Set<String> tasks = new LinkedHashSet<>();
      scores.forEach(one -> tasks.addAll(one.figures().keySet()));
      return tasks;
    }

    /// The scores of a task.
    List<Scores> scores(String task) {
      return scores.stream().filter(one -> one.figures().containsKey(task)).toList();
    }
  }

  /// One optimizer step, as in `metrics.jsonl`.
  ///
  /// @param loss nats a label token
  /// @param learningRates by part
  /// @param tokensPerSecond positions of text and images, without padding: there is none
  public record Step(
      int step, double loss, Map<String, Double> learningRates, double tokensPerSecond) {
    public Step {
      learningRates = new LinkedHashMap<>(learningRates);
    }
  }

  /// The held-out loss after a step; step 0 is before the stage.
  public record Validation(int step, double loss) {}

  /// The headlines of tasks after a step.
  ///
  /// @param figures by task, each in the task's own unit
  public record Scores(int step, Map<String, Double> figures) {
    public Scores {
      figures = new LinkedHashMap<>(figures);
    }

    double of(String task) {
      return Objects.requireNonNull(figures.get(task));
    }
  }

  /// What a stage does with a part of the model.
  ///
  /// @param part `vision`, `projector` or `decoder`
  /// @param parameters numbers in the part
  /// @param trained numbers the optimizer moves, an adapter's included; 0 when frozen
  /// @param learningRate the peak; null when frozen
  /// @param adapter `-` where there is none
  public record Part(
      String stage,
      String part,
      long parameters,
      long trained,
      @Nullable Double learningRate,
      String adapter) {}

  /// How one model, or a control such as a blank image, answered the held-out questions.
  ///
  /// @param label `before stage 1`, `after stage 2`, `after stage 2, blank image`
  /// @param control whether it is a control and no step of the training
  /// @param kinds right answers by kind of question, in the order to show
  public record Evaluation(String label, boolean control, Map<String, Tally> kinds) {
    public Evaluation {
      kinds = new LinkedHashMap<>(kinds);
    }

    /// Over all kinds.
    public Tally overall() {
      return kinds.values().stream().reduce(new Tally(0, 0), Tally::plus);
    }
  }

  /// How many of how many are right.
  public record Tally(int right, int asked) {
    /// 0 to 1; 0 when nothing was asked.
    public double accuracy() {
      return asked == 0 ? 0 : right / (double) asked;
    }

    Tally plus(Tally other) {
      return new Tally(right + other.right, asked + other.asked);
    }
  }

  /// A held-out question.
  ///
  /// @param image its file
  /// @param kind the category that its accuracy counts for
  /// @param answers in the order of the evaluations; may stop early
  public record Example(
      String image, String kind, String question, String reference, List<Answer> answers) {
    public Example {
      answers = List.copyOf(answers);
    }
  }

  /// What a model answered.
  ///
  /// @param right as the evaluation judged it
  public record Answer(String text, boolean right) {}

  /// What one phase took.
  ///
  /// @param peakMemoryMb resident memory at its highest; null when not measured
  public record Cost(String phase, double seconds, @Nullable Double peakMemoryMb) {}
}
