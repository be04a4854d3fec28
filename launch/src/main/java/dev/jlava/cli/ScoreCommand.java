package dev.jlava.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.json.WholeFile;
import dev.jlava.eval.task.Given;
import dev.jlava.eval.task.Input;
import dev.jlava.eval.task.Score;
import dev.jlava.eval.task.Task;
import dev.jlava.eval.task.Tasks;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// `./jlava score TASK`: scores saved answers; no model is needed. Every task is a command of its
/// own, whose options are the task's inputs.
@Command(
    name = "score",
    description = "Scores saved answers, as the benchmark's own script does.",
    mixinStandardHelpOptions = true)
final class ScoreCommand {
  private ScoreCommand() {}

  /// The command with one below it for each task.
  static CommandLine line() {
    CommandLine score = new CommandLine(new ScoreCommand());
    for (Task task : Tasks.all()) {
      score.addSubcommand(task.name(), new Scoring(task).spec);
    }
    return score;
  }

  private static final class Scoring implements Callable<Integer> {
    private final Task task;
    private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);

    Scoring(Task task) {
      this.task = task;
      spec.mixinStandardHelpOptions(true);
      spec.usageMessage().description(task.summary());
      task.inputs().forEach(input -> spec.addOption(option(input)));
      spec.addOption(
          OptionSpec.builder("--json")
              .type(boolean.class)
              .defaultValue("false")
              .description("Prints one JSON object {task, scores, notes} after the text.")
              .build());
    }

    private static OptionSpec option(Input input) {
      OptionSpec.Builder option =
          OptionSpec.builder("--" + input.name())
              .paramLabel(input.value())
              .description(input.description());
      return switch (input.need()) {
        case ONE -> option.type(String.class).required(true).build();
        case AT_MOST_ONE -> option.type(String.class).build();
        case AT_LEAST_ONE -> many(option).required(true).build();
        case ANY -> many(option).build();
      };
    }

    private static OptionSpec.Builder many(OptionSpec.Builder option) {
      return option.type(List.class).auxiliaryTypes(String.class).arity("1..*");
    }

    @Override
    public Integer call() {
      Map<String, List<String>> values = new HashMap<>();
      for (Input input : task.inputs()) {
        Object value = spec.findOption("--" + input.name()).getValue();
        if (value instanceof List<?> list) {
          values.put(input.name(), list.stream().map(String::valueOf).toList());
        } else if (value != null) {
          values.put(input.name(), List.of(value.toString()));
        }
      }
      show(task.score(new Given(values)));
      return ExitCodes.DONE;
    }

    private void show(Score score) {
      PrintWriter out = spec.commandLine().getOut();
      PrintWriter err = spec.commandLine().getErr();
      out.print(score.text());
      boolean json = spec.findOption("--json").getValue();
      if (json) {
        out.println(json(score));
      }
      out.flush();
      score.notes().forEach(note -> err.println("jlava: " + note));
      for (Score.Output output : score.outputs()) {
        WholeFile.write(output.file(), output.content());
        err.println("jlava: wrote " + output.file());
      }
    }

    private ObjectNode json(Score score) {
      ObjectNode json = new ObjectMapper().createObjectNode().put("task", task.name());
      json.set("scores", score.figures());
      score.notes().forEach(json.putArray("notes")::add);
      return json;
    }
  }
}
