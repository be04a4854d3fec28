package dev.jlava.eval.judge;

import dev.jlava.data.DataException;
import dev.jlava.eval.chat.Budget;
import dev.jlava.eval.chat.ChatModel;
import dev.jlava.eval.chat.Spending;
import dev.jlava.eval.json.WholeFile;
import dev.jlava.recipe.EvalRecipe;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/// Judges the answers of some models to one benchmark: asks the judge of a recipe, writes every
/// verdict and what they amount to.
public final class JudgeRun {
  /// What the verdicts amount to, as JSON.
  private static final String SUMMARY = "judge.json";

  /// The usual name of the folder of kept replies.
  public static final String CACHE = "judge-cache";

  private final RecipeJudge asked;
  private final Path directory;
  private final Path cache;

  /// @param directory of [#summary]
  /// @param cache the folder of kept replies, unless the recipe says where
  public JudgeRun(RecipeJudge asked, Path directory, Path cache) {
    this.asked = asked;
    this.directory = directory;
    this.cache = cache;
  }

  /// Where an evaluation has the [#summary] of a task.
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
    EvalRecipe.Judge recipe = asked.recipe();
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

  /// Where what the verdicts amount to is written.
  public Path summary() {
    return directory.resolve(SUMMARY);
  }

  /// Judges every model, one after the other.
  public Outcome run(Pairs pairs, List<Entrant> entrants, Progress progress)
      throws InterruptedException {
    Map<Entrant, List<Pair>> all = new LinkedHashMap<>();
    entrants.forEach(entrant -> all.put(entrant, pairs.with(entrant.answers(), entrant.part())));
    Judge.Settings settings = asked.settings();
    Budget budget = asked.budget();
    Spending spending = new Spending(budget);
    Map<String, Judge.Verdicts> verdicts = new LinkedHashMap<>();
    try (ChatModel model = asked.model(spending, cache)) {
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
      String json = JudgeJson.of(model.name(), settings, result, spending.total()).toPrettyString();
      WholeFile.write(summary(), json + "\n");
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
}
