package dev.jlava.eval.judge;

import dev.jlava.data.DataException;
import dev.jlava.engine.Device;
import dev.jlava.engine.ScalarType;
import dev.jlava.eval.chat.ApiKey;
import dev.jlava.eval.chat.Budget;
import dev.jlava.eval.chat.CachedChat;
import dev.jlava.eval.chat.ChatModel;
import dev.jlava.eval.chat.Endpoint;
import dev.jlava.eval.chat.HttpChatModel;
import dev.jlava.eval.chat.LocalChatModel;
import dev.jlava.eval.chat.Spending;
import dev.jlava.eval.judge.Pair.Order;
import dev.jlava.recipe.EvalRecipe;
import dev.jlava.recipe.Recipe.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/// Judges the answers of some models to one benchmark: puts the judge of a recipe together, asks
/// it, writes every verdict and what they amount to.
public final class JudgeRun {
  /// What the verdicts amount to, as JSON.
  public static final String SUMMARY = "judge.json";

  /// The usual name of the folder of kept replies.
  public static final String CACHE = "judge-cache";

  private final EvalRecipe.Judge recipe;
  private final Path directory;
  private final Path cache;
  private final Outside outside;

  /// @param directory of [#SUMMARY]
  /// @param cache the folder of kept replies, unless the recipe says where
  public JudgeRun(EvalRecipe.Judge recipe, Path directory, Path cache, Outside outside) {
    this.recipe = recipe;
    this.directory = directory;
    this.cache = Objects.requireNonNullElse(recipe.cache(), cache);
    this.outside = outside;
  }

  /// What a recipe does not hold.
  ///
  /// @param environment where the endpoint's key is
  /// @param local where the files of a model are, which may be named by a hub id
  public record Outside(Map<String, String> environment, UnaryOperator<Path> local) {
    public Outside {
      environment = Map.copyOf(environment);
    }
  }

  /// Where an evaluation has the [#SUMMARY] of a task.
  public static Path directory(Path evaluation, String task) {
    return evaluation.resolve("judge").resolve(task);
  }

  /// A model whose answers are judged.
  ///
  /// @param reviews the folder of its verdicts
  /// @param part whether it was asked some of the questions only
  public record Entrant(String label, Path answers, Path reviews, boolean part) {}

  /// What there is to say afterwards.
  ///
  /// @param text for the terminal
  /// @param missing why verdicts did not come, and how many
  public record Outcome(String text, Map<String, Integer> missing) {}

  /// Where it stands while it runs.
  public interface Progress {
    /// After each verdict; called by several threads.
    void verdict(String label, int done, int all);
  }

  /// The files of a task of an evaluation, which has this judge.
  public Pairs pairs(EvalRecipe.Task task) {
    return pairs(
        Objects.requireNonNull(task.questions()),
        Objects.requireNonNull(task.answers()),
        Optional.ofNullable(task.context()),
        Optional.ofNullable(task.images()));
  }

  /// The files of a benchmark.
  public Pairs pairs(
      Path questions, Path reference, Optional<Path> context, Optional<Path> images) {
    Rules rules = recipe.rule() == null ? Rules.builtIn() : Rules.read(recipe.rule());
    if (recipe.showImages() && images.isEmpty()) {
      throw new DataException("show_images: the folder of the images is not given (images)");
    }
    return new Pairs(
        new Pairs.Sources(
            questions,
            reference,
            context.orElse(null),
            recipe.showImages() ? images.orElseThrow() : null),
        rules);
  }

  /// Judges every model, one after the other.
  public Outcome run(Pairs pairs, List<Entrant> entrants, Progress progress)
      throws InterruptedException {
    Map<Entrant, List<Pair>> all = new LinkedHashMap<>();
    entrants.forEach(entrant -> all.put(entrant, pairs.with(entrant.answers(), entrant.part())));
    Judge.Settings settings = settings();
    Budget budget = budget();
    Spending spending = new Spending(budget);
    Map<String, Judge.Verdicts> verdicts = new LinkedHashMap<>();
    try (ChatModel model = model(spending)) {
      Judge judge = new Judge(model, pairs.rules().system(), settings);
      for (var each : all.entrySet()) {
        String label = each.getKey().label();
        Counter counter = new Counter(each.getValue().size() * judge.verdictsPerPair());
        Judge.Verdicts own =
            judge.on(each.getValue(), () -> progress.verdict(label, counter.next(), counter.all));
        new ReviewFiles(each.getKey().reviews()).write(model.name(), own, budget);
        verdicts.put(label, own);
      }
      JudgeResult result = JudgeResult.of(verdicts, settings);
      write(JudgeJson.of(model.name(), settings, result, spending.total()).toPrettyString());
      for (JudgeResult.Model one : result.models()) {
        requireScores(model.name(), one, entrants);
      }
      return new Outcome(JudgeText.of(result, spending.total()), missing(verdicts));
    }
  }

  private static final class Counter {
    private final int all;
    private int done;

    Counter(int all) {
      this.all = all;
    }

    synchronized int next() {
      return ++done;
    }
  }

  /// A judge that never gave scores has judged nothing, whatever the rule for failed verdicts makes
  /// of it.
  private static void requireScores(String judge, JudgeResult.Model model, List<Entrant> entrants) {
    int given = model.verdicts().given().size();
    if (given > 0 && model.failed() == given) {
      Path reviews =
          entrants.stream()
              .filter(entrant -> entrant.label().equals(model.label()))
              .findFirst()
              .orElseThrow()
              .reviews();
      throw new DataException(
          "the judge "
              + judge
              + " gave no scores that can be read (found none in "
              + given
              + " verdicts on "
              + model.label()
              + ", expected two numbers in the first line; what it said is in "
              + reviews.resolve(ReviewFiles.REVIEWS)
              + "); use another model or another rule");
    }
  }

  private static Map<String, Integer> missing(Map<String, Judge.Verdicts> verdicts) {
    Map<String, Integer> missing = new TreeMap<>();
    verdicts
        .values()
        .forEach(own -> own.missing().forEach(one -> missing.merge(one.why(), 1, Integer::sum)));
    return missing;
  }

  private void write(String json) {
    Path file = directory.resolve(SUMMARY);
    try {
      ReviewFiles.write(file, json + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be written", e);
    }
  }

  private Judge.Settings settings() {
    boolean compat = recipe.compat() == EvalRecipe.Compat.LLAVA;
    boolean both = !compat && recipe.orders() != EvalRecipe.Orders.REFERENCE_FIRST;
    return new Judge.Settings(
        compat,
        both ? List.of(Order.values()) : List.of(Order.REFERENCE_FIRST),
        recipe.samples(),
        recipe.temperature(),
        recipe.maxTokens(),
        recipe.seed());
  }

  private Budget budget() {
    EvalRecipe.Budget budget = recipe.budget();
    return new Budget(
        Objects.requireNonNullElse(budget.maxRequests(), Long.MAX_VALUE),
        Objects.requireNonNullElse(budget.maxTokens(), Long.MAX_VALUE),
        Objects.requireNonNullElse(budget.maxCost(), Double.POSITIVE_INFINITY),
        budget.inputPrice(),
        budget.outputPrice());
  }

  private ChatModel model(Spending spending) {
    Path local = recipe.modelPath();
    return new CachedChat(local == null ? remote(spending) : local(local, spending), cache);
  }

  private ChatModel local(Path path, Spending spending) {
    return new LocalChatModel(
        new LocalChatModel.Named(path, outside.local().apply(path)),
        Device.named(recipe.device()),
        recipe.precision() == Precision.FP32 ? ScalarType.F32 : ScalarType.BF16,
        spending);
  }

  private ChatModel remote(Spending spending) {
    ApiKey key =
        recipe.apiKeyEnv() == null
            ? ApiKey.NONE
            : ApiKey.fromEnvironment(recipe.apiKeyEnv(), outside.environment());
    Endpoint endpoint =
        Endpoint.of(
                Objects.requireNonNull(recipe.baseUrl()),
                Objects.requireNonNull(recipe.model()),
                key)
            .within(Duration.ofMillis(Math.round(recipe.timeout() * 1000)), recipe.retries())
            .limited(
                recipe.concurrency(),
                Objects.requireNonNullElse(recipe.requestsPerMinute(), Long.MAX_VALUE),
                Objects.requireNonNullElse(recipe.tokensPerMinute(), Long.MAX_VALUE));
    boolean completions = recipe.maxTokensAs() == EvalRecipe.TokenLimit.MAX_COMPLETION_TOKENS;
    return new HttpChatModel(completions ? endpoint.limitingCompletions() : endpoint, spending);
  }
}
