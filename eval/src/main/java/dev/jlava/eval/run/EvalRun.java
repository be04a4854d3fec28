package dev.jlava.eval.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.data.conversation.Template;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.eval.judge.JudgeRun;
import dev.jlava.eval.judge.Pairs;
import dev.jlava.eval.judge.RecipeJudge;
import dev.jlava.eval.task.Score;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.recipe.EvalRecipe;
import dev.jlava.recipe.Recipe;
import dev.jlava.train.ModelSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// An evaluation carried out: every task asked of every model, what is missing of it.
public final class EvalRun {
  private final EvalRecipe evaluation;
  private final Path output;
  private final EvalListener listener;

  /// @param output the evaluation's directory
  public EvalRun(EvalRecipe evaluation, Path output, EvalListener listener) {
    this.evaluation = evaluation;
    this.output = output;
    this.listener = listener;
  }

  /// The evaluation's directory.
  public Path output() {
    return output;
  }

  /// Asks and scores.
  ///
  /// @param models what `--model` takes
  /// @param sources what a path stands for, which may be a hub id
  /// @return whether the answers of all shards are there
  /// @throws DataException where a file is not what a task expects, or other settings have been
  ///   answered there
  public boolean run(List<Path> models, Function<Path, ModelSource> sources, Shard shard)
      throws InterruptedException {
    List<TaskPlan> plans = plans(evaluation);
    List<EvaluatedModel> all = EvaluatedModel.all(models, sources);
    all.forEach(this::template);
    all.forEach(model -> sees(model, plans));
    EvalFacts facts = new EvalFacts(output, evaluation);
    boolean complete = true;
    try (Engine engine = Engine.start(Device.named(evaluation.device()), evaluation.threads())) {
      facts.begin(all, engine.device().toString());
      for (EvaluatedModel model : all) {
        complete &= run(engine, model, plans, shard);
      }
    }
    if (complete) {
      judge(all, plans, sources);
      facts.finish();
    }
    return complete;
  }

  /// Reads every question, so that a fault in a file shows before anything else is done.
  ///
  /// @throws DataException where a file is not what a task expects
  public static void check(EvalRecipe evaluation) {
    plans(evaluation);
  }

  private static List<TaskPlan> plans(EvalRecipe evaluation) {
    return evaluation.tasks().stream()
        .map(task -> new TaskPlan(task, evaluation.generation(), Optional.empty()))
        .toList();
  }

  private Template template(EvaluatedModel model) {
    String named = evaluation.template();
    return Optional.ofNullable(named)
        .map(Template::named)
        .or(() -> model.source().card().template())
        .orElseThrow(() ->
            new ModelException(
                model.path()
                    + ": does not say which template it was trained with; give the evaluation's"
                    + " template (allowed "
                    + String.join(", ", Template.names())
                    + ")"));
  }

  private static void sees(EvaluatedModel model, List<TaskPlan> plans) {
    boolean blind = model.source().shape().isEmpty();
    for (TaskPlan plan : plans) {
      if (blind && plan.items().stream().anyMatch(item -> !item.images().isEmpty())) {
        throw new ModelException(
            model.path()
                + ": sees no images (it is a decoder without a vision tower), and task "
                + plan.settings().label()
                + " shows some");
      }
    }
  }

  private boolean run(Engine engine, EvaluatedModel model, List<TaskPlan> plans, Shard shard) {
    boolean complete = true;
    try (Scope scope = new Scope()) {
      Once<AskedModel> asked = new Once<>(() -> load(engine, scope, model));
      for (TaskPlan plan : plans) {
        complete &= ask(model, plan, shard, asked);
      }
    }
    return complete;
  }

  private AskedModel load(Engine engine, Scope scope, EvaluatedModel model) {
    ScalarType type =
        evaluation.generation().precision() == Recipe.Precision.FP32
            ? ScalarType.F32
            : ScalarType.BF16;
    ModelSource source = model.source();
    LanguageModel loaded = source.load(engine, scope, type);
    return new AskedModel(
        engine,
        loaded,
        source.files(),
        source.card(),
        new AskedModel.Manner(template(model), evaluation.generation()));
  }

  /// Has the judges of tasks score every model's answers, once all are there.
  private void judge(
      List<EvaluatedModel> models, List<TaskPlan> plans, Function<Path, ModelSource> sources)
      throws InterruptedException {
    for (TaskPlan plan : plans) {
      if (!plan.task().isJudged()) {
        continue;
      }
      EvalRecipe.Judge judge = plan.settings().judge();
      if (judge != null) {
        JudgeRun run =
            new JudgeRun(
                new RecipeJudge(judge, System.getenv(), sources),
                JudgeRun.directory(output, plan.settings().label()),
                output.resolve(JudgeRun.CACHE));
        reviews(run, plan, models);
      }
      for (EvaluatedModel model : models) {
        TaskAnswers answers = new TaskAnswers(plan, directory(model, plan));
        listener.say(model.label() + ", " + line(plan, answers.score()));
      }
    }
  }

  private void reviews(JudgeRun run, TaskPlan plan, List<EvaluatedModel> models)
      throws InterruptedException {
    String label = plan.settings().label();
    Pairs pairs = run.pairs(plan.settings());
    List<JudgeRun.Entrant> entrants = new ArrayList<>();
    for (EvaluatedModel model : models) {
      TaskDirectory home = directory(model, plan);
      entrants.add(new JudgeRun.Entrant(model.label(), home.answers(), home.path(), plan.isPart()));
    }
    JudgeRun.Outcome outcome =
        run.run(pairs, entrants, (model, done, all) -> listener.judged(model, label, done, all));
    outcome
        .missing()
        .forEach(
            (why, count) -> listener.say(label + ": " + count + " verdicts are missing: " + why));
  }

  private TaskDirectory directory(EvaluatedModel model, TaskPlan plan) {
    return new TaskDirectory(
        output.resolve("models").resolve(model.label()).resolve(plan.settings().label()));
  }

  private boolean ask(
      EvaluatedModel model, TaskPlan plan, Shard shard, Supplier<AskedModel> asked) {
    String label = plan.settings().label();
    TaskDirectory directory = directory(model, plan);
    directory.settings(settings(model, plan));
    TaskAnswers answers = new TaskAnswers(plan, directory);
    int total = shard.of(plan.items()).size();
    if (!answers.ask(shard, asked, done -> listener.answered(model.label(), label, done, total))) {
      listener.say(
          "%s, %s: this shard's answers are there, others are missing still"
              .formatted(model.label(), label));
      return false;
    }
    if (!plan.task().isJudged()) {
      listener.say(model.label() + ", " + line(plan, answers.score()));
    }
    return true;
  }

  /// What answers depend on.
  private ObjectNode settings(EvaluatedModel model, TaskPlan plan) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode settings = mapper.createObjectNode();
    ObjectNode task = EvalFacts.tree(plan.settings());
    task.remove("judge");
    settings.set("task", task);
    ObjectNode generation = EvalFacts.tree(evaluation.generation());
    generation.remove("batch");
    settings.set("generation", generation);
    ModelCard card = model.source().card();
    settings.put("template", template(model).name()).put("aspect", card.aspect().toString());
    return settings.put("weights_sha256", model.weightsHash());
  }

  static String line(TaskPlan plan, Optional<Score> score) {
    String label = plan.settings().label();
    if (score.isEmpty()) {
      return label + ": answered; a judge scores it, and none is given";
    }
    String notes =
        score.get().notes().isEmpty() ? "" : " (" + String.join("; ", score.get().notes()) + ")";
    return score
        .get()
        .headline()
        .map(h -> "%s: %s %.2f %s%s".formatted(label, h.name(), h.value(), h.unit(), notes))
        .orElseGet(() ->
            "%s: answered; for its evaluation server: %s%s"
                .formatted(
                    label,
                    score.get().outputs().stream()
                        .map(output -> output.file().toString())
                        .collect(Collectors.joining(", ")),
                    notes));
  }
}
