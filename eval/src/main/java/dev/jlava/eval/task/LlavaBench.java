package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Folder;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.judge.ReviewSummary;
import dev.jlava.eval.judge.ReviewSummary.FailedReviews;
import dev.jlava.eval.judge.ReviewSummary.Line;
import dev.jlava.eval.judge.ReviewSummary.Review;
import dev.jlava.eval.judge.ScorePair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// LLaVA-Bench, COCO and In-the-Wild (Liu et al. 2023): a judge's scores relative to a reference's,
/// as `summarize_gpt_review.py` prints them from files of reviews.
final class LlavaBench implements Task {
  private static final Input REVIEWS =
      Input.answers(
          "The judge's reviews: question_id, category and tuple (or score), a line each; or a folder"
              + " of such files.");
  private static final Input SELECT =
      new Input("select", "TEXT", Input.Need.ANY, "Only files whose names hold all of these.");
  private static final Input IGNORE =
      new Input("ignore", "ID", Input.Need.ANY, "Questions to leave out.");
  private static final Input JUDGE =
      Input.optional(
          "judge-version", "0314|0613", "Only files of this judge: 0613 where the name says so.");
  private static final Input FAILED =
      Input.optional(
          "failed",
          "llava|exclude",
          "Reviews without scores: count as -1, as LLaVA does (default), or are left out.");

  @Override
  public String name() {
    return "llava_bench";
  }

  @Override
  public String summary() {
    return "Open questions that a judge scored: percent of the reference's scores.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(REVIEWS, SELECT, IGNORE, JUDGE, FAILED);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(QuestionFile.OPEN);
  }

  @Override
  public boolean isJudged() {
    return true;
  }

  @Override
  public Score score(Given given) {
    FailedReviews failed = failed(given);
    StringBuilder text = new StringBuilder();
    ObjectNode figures = Json.object();
    List<String> notes = new ArrayList<>();
    double relative = Double.NaN;
    for (Path file : files(given)) {
      String name = name(file);
      List<Review> reviews = reviews(file, new HashSet<>(given.all(IGNORE)));
      ReviewSummary summary = ReviewSummary.of(reviews, failed);
      relative = relative(summary);
      text.append(name).append('\n').append(summary.text());
      text.append("=================================\n");
      ReviewSummary others = ReviewSummary.of(reviews, FailedReviews.EXCLUDE);
      put(figures.putArray(name), summary, others);
      notes.addAll(notes(name, summary, failed));
    }
    Score score = Score.of(text.toString(), figures).noting(notes);
    return figures.size() == 1
        ? score.marked(new Score.Headline("relative score", relative, "%"), List.of())
        : score;
  }

  private static FailedReviews failed(Given given) {
    String name = given.text(FAILED).orElse("llava");
    return switch (name) {
      case "llava" -> FailedReviews.LLAVA;
      case "exclude" -> FailedReviews.EXCLUDE;
      default ->
          throw new DataException("failed: not known (found " + name + ", allowed llava, exclude)");
    };
  }

  private static List<Path> files(Given given) {
    List<String> select = given.all(SELECT);
    Optional<String> version = given.text(JUDGE);
    return given.paths(REVIEWS).stream()
        .flatMap(path -> Files.isDirectory(path) ? inside(path) : Stream.of(path))
        .sorted((a, b) -> PythonText.ORDER.compare(a.toString(), b.toString()))
        .filter(file -> select.stream().allMatch(name(file)::contains))
        .filter(file -> version.isEmpty() || version.get().equals(version(name(file))))
        .toList();
  }

  private static String version(String name) {
    return name.contains("0613") ? "0613" : "0314";
  }

  private static Stream<Path> inside(Path directory) {
    boolean any = directory.toString().contains("review");
    return Folder.entries(directory).stream()
        .filter(file -> isReview(file.getFileName().toString(), any));
  }

  private static boolean isReview(String name, boolean any) {
    return name.endsWith(".jsonl")
        && (any
            || name.startsWith("gpt4_text")
            || name.startsWith("reviews_")
            || name.startsWith("review_"));
  }

  private static String name(Path file) {
    return file.getFileName().toString().replace("gpt4_text_", "").replace(".jsonl", "");
  }

  private static List<Review> reviews(Path file, Set<String> ignored) {
    return Json.lines(file).stream()
        .filter(row -> !ignored.contains(row.id("question_id")))
        .map(LlavaBench::review)
        .toList();
  }

  private static Review review(Row row) {
    boolean categorised = row.has("category");
    String key = categorised || row.has("tuple") ? "tuple" : "score";
    List<Row> scores = row.list(key);
    if (scores.size() < 2 || scores.stream().anyMatch(score -> !score.json().isNumber())) {
      throw row.wrong("wrong '" + key + "'", row.value(key), "two numbers");
    }
    ScorePair pair =
        new ScorePair(scores.get(0).json().asDouble(), scores.get(1).json().asDouble());
    return new Review(categorised ? Optional.of(row.text("category")) : Optional.empty(), pair);
  }

  /// That of all categories together.
  private static double relative(ReviewSummary summary) {
    return summary.lines().stream()
        .filter(line -> line.category().equals("all"))
        .mapToDouble(Line::relative)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static void put(ArrayNode figures, ReviewSummary summary, ReviewSummary withoutFailed) {
    for (int i = 0; i < summary.lines().size(); i++) {
      Line line = summary.lines().get(i);
      ObjectNode one = figures.addObject().put("category", line.category());
      Figures.put(one, "relative", line.relative());
      Figures.put(one, "reference", line.first());
      Figures.put(one, "model", line.second());
      one.put("reviews", line.reviews()).put("failed", line.failed());
      Figures.put(one, "relative_without_failed", withoutFailed.lines().get(i).relative());
    }
  }

  private static List<String> notes(String name, ReviewSummary summary, FailedReviews failed) {
    List<String> notes = new ArrayList<>();
    for (Line line : summary.lines()) {
      String where = name + ": " + line.category() + ": ";
      if (line.failed() > 0) {
        String how = failed == FailedReviews.LLAVA ? "count as -1" : "are left out";
        notes.add(where + line.failed() + " reviews without scores " + how);
      }
      if (Double.isNaN(line.relative())) {
        notes.add(where + "the relative score is not defined: the reference's mean is 0 or none");
      }
    }
    return notes;
  }
}
