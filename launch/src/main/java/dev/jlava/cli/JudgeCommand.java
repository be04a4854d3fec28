package dev.jlava.cli;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.judge.JudgeRun;
import dev.jlava.eval.judge.JudgeRun.Entrant;
import dev.jlava.eval.judge.Pairs;
import dev.jlava.eval.judge.RecipeJudge;
import dev.jlava.recipe.EvalRecipe;
import dev.jlava.recipe.RecipeLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./jlava judge`: a language model scores saved answers beside reference answers. What is judged
/// comes from an evaluation's YAML file, or from files named here.
@Command(
    name = "judge",
    description = "Lets a language model score saved answers beside reference answers.",
    mixinStandardHelpOptions = true)
final class JudgeCommand implements Callable<Integer> {
  /// What files without an evaluation's are of.
  private static final String BENCH = "llava_bench";

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "EVAL.yaml",
      description = "An evaluation that has been run: every task of it that has a judge.")
  private @Nullable Path evaluation;

  @Option(
      names = "--answers",
      arity = "1..*",
      paramLabel = "[NAME=]FILE|DIR",
      description =
          "Answers to judge: question_id and text, a line each; or an evaluation's directory.")
  private List<String> answers = new ArrayList<>();

  @Option(
      names = "--task",
      paramLabel = "NAME",
      description = "The task within an evaluation's directory (${DEFAULT-VALUE}).")
  private String task = BENCH;

  @Option(
      names = "--questions",
      paramLabel = "FILE",
      description = "Questions: question_id, text, category, image, a line each.")
  private @Nullable Path questions;

  @Option(
      names = "--reference",
      paramLabel = "FILE",
      description = "Reference answers: question_id and text, a line each.")
  private @Nullable Path reference;

  @Option(
      names = "--context",
      paramLabel = "FILE",
      description =
          "What the images show: image and caption, or image, captions and instances (category,"
              + " bbox), a line each.")
  private @Nullable Path context;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "The images' folder, for a judge that sees them (--set show_images=true).")
  private @Nullable Path images;

  @Option(names = "--base-url", description = "Where an OpenAI-compatible API begins, up to /v1.")
  private @Nullable String baseUrl;

  @Option(names = "--model", description = "The judge's name there.")
  private @Nullable String model;

  @Option(names = "--api-key-env", description = "The environment variable that holds the key.")
  private @Nullable String apiKeyEnv;

  @Option(
      names = "--model-path",
      paramLabel = "DIR",
      description = "A judge on this machine, as --model of generate: a directory or a hub id.")
  private @Nullable String modelPath;

  @Option(
      names = "--rule",
      paramLabel = "FILE",
      description = "What the judge is told, by category: LLaVA's rule.json (JLaVA's own).")
  private @Nullable String rule;

  @Option(
      names = "--compat",
      paramLabel = "llava",
      description =
          "Asks and counts as LLaVA does: the reference first, once; scores by its rule; failed"
              + " reviews as -1.")
  private @Nullable String compat;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where results go (judge, beside the first answers; judge/TASK in an evaluation's).")
  private @Nullable Path out;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Sets a key of the judge, listed below; of the evaluation, where its file is given.")
  private List<String> settings = new ArrayList<>();

  /// The command, with the judge's keys under its help.
  static CommandLine line() {
    CommandLine line = new CommandLine(new JudgeCommand());
    List<String> footer = new ArrayList<>(List.of("", "Keys of the judge:"));
    RecipeLoader.judgeKeys()
        .forEach((key, about) -> footer.add("  %-22s %s".formatted(key, about).replace("%", "%%")));
    line.getCommandSpec().usageMessage().footer(footer.toArray(String[]::new));
    return line;
  }

  @Override
  public Integer call() throws InterruptedException {
    int missing = 0;
    for (JudgeJob job : evaluation == null ? List.of(fromFlags()) : fromFile(evaluation)) {
      missing += job.run(spec.commandLine().getOut(), spec.commandLine().getErr());
    }
    return missing == 0 ? ExitCodes.DONE : ExitCodes.FAILED;
  }

  private JudgeJob fromFlags() {
    Path asked = needed("--questions", questions);
    Path right = needed("--reference", reference);
    if (answers.isEmpty()) {
      throw usage("--answers is needed: a file of answers, or an evaluation's directory");
    }
    EvalRecipe.Judge judge = RecipeLoader.judge(judgeSettings());
    Path directory = out == null ? besideAnswers() : out;
    JudgeRun run = new JudgeRun(asked(judge), directory, cache(directory));
    Pairs pairs =
        run.pairs(asked, right, Optional.ofNullable(context), Optional.ofNullable(images));
    List<Entrant> entrants = AnsweredModels.named(answers, task, directory);
    return new JudgeJob(run, new JudgeJob.Task(BENCH, task, judge), pairs, entrants);
  }

  private RecipeJudge asked(EvalRecipe.Judge judge) {
    return new RecipeJudge(judge, System.getenv(), TerminalHub.models(spec)::source);
  }

  private Path needed(String option, @Nullable Path value) {
    if (value == null) {
      throw usage(option + " is needed, or an evaluation's YAML file in place of all these");
    }
    return value;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private List<String> judgeSettings() {
    Map<String, @Nullable String> flags = new LinkedHashMap<>();
    flags.put("base_url", baseUrl);
    flags.put("model", model);
    flags.put("api_key_env", apiKeyEnv);
    flags.put("model_path", modelPath);
    flags.put("rule", rule);
    flags.put("compat", compat);
    List<String> all = new ArrayList<>();
    flags.forEach((key, value) -> {
      if (value != null) {
        all.add(key + "=" + TextNode.valueOf(value));
      }
    });
    all.addAll(settings);
    return all;
  }

  /// As an evaluation lays it out, where the first answers are one's.
  private Path besideAnswers() {
    Path first = AnsweredModels.file(answers.getFirst());
    return Files.isDirectory(first)
        ? JudgeRun.directory(first, task)
        : first.resolveSibling("judge");
  }

  /// The evaluation's own, so that it asks for no reply again.
  private Path cache(Path directory) {
    Path first = AnsweredModels.file(answers.getFirst());
    return (out == null && Files.isDirectory(first) ? first : directory).resolve(JudgeRun.CACHE);
  }

  private List<JudgeJob> fromFile(Path file) {
    if (!answers.isEmpty() || questions != null || reference != null || !judgeFlags().isEmpty()) {
      throw usage(
          "EVAL.yaml names the files and the judge; leave the options out, and use --set for changes");
    }
    EvalRecipe read = RecipeLoader.loadEval(file, settings, KnownNames.all()).evaluation();
    Path home = out == null ? read.directory() : out;
    List<JudgeJob> jobs = new ArrayList<>();
    for (EvalRecipe.Task one : read.tasks()) {
      EvalRecipe.Judge judge = one.judge();
      if (judge != null) {
        Path directory = JudgeRun.directory(home, one.label());
        JudgeRun run = new JudgeRun(asked(judge), directory, home.resolve(JudgeRun.CACHE));
        jobs.add(
            new JudgeJob(
                run,
                new JudgeJob.Task(one.type(), one.label(), judge),
                run.pairs(one),
                AnsweredModels.of(read.directory(), one.label())));
      }
    }
    if (jobs.isEmpty()) {
      throw new DataException(file + ": no task with a judge; give one its judge: { … }");
    }
    return jobs;
  }

  private List<String> judgeFlags() {
    List<String> all = judgeSettings();
    all.removeAll(settings);
    return all;
  }
}
