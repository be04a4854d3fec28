package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonNumbers;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// MME: pairs of yes/no questions about each image (Fu et al. 2023), as its `calculation.py` scores
/// them: percent of right answers, plus percent of images with both right.
final class Mme implements Task {
  private static final Input ANSWERS =
      Input.answers("Answers: question_id (CATEGORY/IMAGE), prompt and text, a line each.");
  private static final Input ANNOTATIONS =
      Input.one("annotations", "DIR", "MME_Benchmark_release_version, with the right answers.");

  private static final Map<String, List<String>> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put(
        "Perception",
        List.of(
            "existence",
            "count",
            "position",
            "color",
            "posters",
            "celebrity",
            "scene",
            "landmark",
            "artwork",
            "OCR"));
    PARTS.put(
        "Cognition",
        List.of(
            "commonsense_reasoning",
            "numerical_calculation",
            "text_translation",
            "code_reasoning"));
  }

  @Override
  public String name() {
    return "mme";
  }

  @Override
  public String summary() {
    return "Pairs of yes/no questions in 14 categories: perception and cognition scores.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, ANNOTATIONS);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(QuestionFile.PAIRS);
  }

  @Override
  public Score score(Given given) {
    Map<String, List<Judged>> byCategory = judge(given);
    List<String> notes = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    ObjectNode figures = Json.object();
    PARTS.forEach((part, categories) -> {
      Map<String, Double> scores = new LinkedHashMap<>();
      for (String category : categories) {
        List<Judged> answers = byCategory.getOrDefault(category, List.of());
        if (answers.isEmpty() && given.isPart()) {
          notes.add(category + ": no question of it was asked; the total is without it");
        } else {
          scores.put(category, score(category, answers));
        }
      }
      text.append(text(part, scores));
      put(figures.putObject(PythonText.lower(part)), scores);
    });
    List<Mark> marks = new ArrayList<>();
    byCategory.forEach((category, answers) ->
        answers.forEach(one -> marks.add(Mark.of(one.id(), category, one.right()))));
    double perception = figures.path("perception").path("total").asDouble();
    return Score.of(text.toString(), figures)
        .noting(notes)
        .marked(new Score.Headline("perception", perception, "points"), marks);
  }

  /// An answer to one of the two questions about an image.
  private record Judged(String id, String image, boolean right) {}

  private static Map<String, List<Judged>> judge(Given given) {
    MmeAnswers truth = new MmeAnswers(given.path(ANNOTATIONS));
    Map<String, List<Judged>> byCategory = new LinkedHashMap<>();
    Set<String> known = new HashSet<>();
    PARTS.values().forEach(known::addAll);
    for (Row answer : Json.lines(given.paths(ANSWERS))) {
      String id = answer.text("question_id");
      String category = PythonText.split(id, '/').getFirst();
      if (!known.contains(category)) {
        throw answer.wrong("unknown category", answer.value("question_id"), known + "/IMAGE");
      }
      String image = PythonText.split(PythonText.split(id, '/').getLast(), '.').getFirst();
      String right = truth.of(answer, category, image);
      boolean same = verdict(answer.text("text")).equals(PythonText.lower(right));
      byCategory
          .computeIfAbsent(category, key -> new ArrayList<>())
          .add(new Judged(id, image, same));
    }
    return byCategory;
  }

  /// What the first four characters say.
  private static String verdict(String answer) {
    String start = PythonText.lower(answer);
    start = start.substring(0, Math.min(4, start.length()));
    if (start.contains("yes")) {
      return "yes";
    }
    return start.contains("no") ? "no" : "other";
  }

  private static double score(String category, List<Judged> answers) {
    if (answers.isEmpty()) {
      throw new DataException(
          "MME: category " + category + " has no answers; the score takes all 14 categories");
    }
    int right = 0;
    int both = 0;
    for (int i = 0; i < answers.size(); i += 2) {
      Judged first = answers.get(i);
      boolean alone = i + 1 == answers.size();
      Judged second = answers.get(alone ? i : i + 1);
      if (alone || !first.image().equals(second.image())) {
        throw new DataException(
            "MME: %s: the answers about image %s do not stand in pairs; answer both its questions, one after the other"
                .formatted(category, first.image()));
      }
      right += (first.right() ? 1 : 0) + (second.right() ? 1 : 0);
      both += first.right() && second.right() ? 1 : 0;
    }
    double images = answers.size() / 2.0;
    return right / (double) answers.size() * 100 + both / images * 100;
  }

  private static double total(Map<String, Double> scores) {
    double total = 0;
    for (double score : scores.values()) {
      total += score;
    }
    return total;
  }

  private static String text(String part, Map<String, Double> scores) {
    StringBuilder text = new StringBuilder("=========== " + part + " ===========\n");
    text.append("total score: " + PythonNumbers.repr(total(scores)) + " \n\n");
    scores.forEach((category, score) ->
        text.append("\t %s  score: %s\n".formatted(category, PythonNumbers.repr(score))));
    return text.append("\n\n").toString();
  }

  private static void put(ObjectNode figures, Map<String, Double> scores) {
    figures.put("total", total(scores));
    ObjectNode categories = figures.putObject("categories");
    scores.forEach(categories::put);
  }
}
