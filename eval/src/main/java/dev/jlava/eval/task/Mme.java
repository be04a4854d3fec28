package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonNumbers;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.task.MmeResults.Line;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// MME: pairs of yes/no questions about each image (Fu et al. 2023), as its `calculation.py` scores
/// them: percent of right answers, plus percent of images with both right.
final class Mme implements Task {
  private static final Input ANSWERS =
      Input.answers(
          "Answers: question_id (CATEGORY/IMAGE), prompt and text, a line each; or the folder of"
              + " results that calculation.py reads.");
  private static final Input RELEASE =
      Input.one("annotations", "DIR", "MME_Benchmark_release_version: images and questions.");
  private static final Input ANNOTATIONS =
      Input.optional(
          "annotations",
          "DIR",
          "MME_Benchmark_release_version, with the right answers, which a folder of results has.");
  private static final Input OUT =
      Input.optional("out", "DIR", "The folder of results to write, for calculation.py.");

  private static final List<String> PERCEPTION =
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
          "OCR");
  private static final List<String> COGNITION =
      List.of(
          "commonsense_reasoning", "numerical_calculation", "text_translation", "code_reasoning");
  private static final List<String> CATEGORIES =
      Stream.concat(PERCEPTION.stream(), COGNITION.stream()).toList();

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
    return List.of(ANSWERS, ANNOTATIONS, OUT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(
        new AnnotatedQuestions(RELEASE, folder -> new MmeRelease(folder).rows(CATEGORIES), true));
  }

  @Override
  public String submission() {
    return "results";
  }

  @Override
  public Score score(Given given) {
    Map<String, List<Line>> answers = answers(given);
    List<String> missing = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    ObjectNode figures = Json.object();
    Map<String, List<String>> parts = new LinkedHashMap<>();
    parts.put("Perception", PERCEPTION);
    parts.put("Cognition", COGNITION);
    parts.forEach((part, categories) -> {
      Map<String, Double> scores = new LinkedHashMap<>();
      ObjectNode inner = figures.putObject(PythonText.lower(part));
      for (String category : categories) {
        List<Line> lines = answers.getOrDefault(category, List.of());
        if (lines.isEmpty() && given.isPart()) {
          missing.add(category);
        } else {
          scores.put(category, Tally.of(category, lines).put(inner, category));
        }
      }
      inner.put("total", total(scores));
      text.append(text(part, scores));
    });
    double perception = figures.at("/perception/total").asDouble();
    return Score.of(text.toString(), figures)
        .noting(
            missing.isEmpty()
                ? List.of()
                : List.of("totals are without what was not asked: " + String.join(", ", missing)))
        .marked(new Score.Headline("perception", perception, "points"), marks(answers))
        .writing(
            given.optionalPath(OUT).map(out -> MmeResults.files(out, answers)).orElse(List.of()));
  }

  private static List<Mark> marks(Map<String, List<Line>> answers) {
    List<Mark> marks = new ArrayList<>();
    answers.forEach((category, lines) ->
        lines.forEach(line -> marks.add(Mark.of(line.id(), category, line.isRight()))));
    return marks;
  }

  /// By category, in the order of the answers.
  private static Map<String, List<Line>> answers(Given given) {
    List<Path> files = given.paths(ANSWERS);
    if (files.size() == 1 && Files.isDirectory(files.getFirst())) {
      return MmeResults.read(files.getFirst(), CATEGORIES);
    }
    Path release =
        given
            .optionalPath(ANNOTATIONS)
            .orElseThrow(() ->
                new DataException(
                    "mme: no annotations; give MME_Benchmark_release_version, which holds the right"
                        + " answers"));
    MmeRelease truth = new MmeRelease(release);
    Map<String, List<Line>> byCategory = new LinkedHashMap<>();
    for (Row answer : Json.lines(files)) {
      String id = answer.text("question_id");
      String category = PythonText.split(id, '/').getFirst();
      if (!CATEGORIES.contains(category)) {
        throw answer.wrong("unknown category", answer.value("question_id"), CATEGORIES + "/IMAGE");
      }
      String image = PythonText.split(PythonText.split(id, '/').getLast(), '.').getFirst();
      MmeRelease.Known known = truth.of(answer, category, image);
      byCategory
          .computeIfAbsent(category, key -> new ArrayList<>())
          .add(new Line(id, image + ".txt", known.question(), known.answer(), answer.text("text")));
    }
    return byCategory;
  }

  /// What came of a category.
  ///
  /// @param both images with both questions answered rightly
  private record Tally(int answers, int right, int both) {
    static Tally of(String category, List<Line> lines) {
      if (lines.isEmpty()) {
        throw new DataException(
            "MME: category " + category + " has no answers; the score takes all 14 categories");
      }
      int right = 0;
      int both = 0;
      for (int i = 0; i < lines.size(); i += 2) {
        Line first = lines.get(i);
        boolean alone = i + 1 == lines.size();
        Line second = lines.get(alone ? i : i + 1);
        if (alone || !first.image().equals(second.image())) {
          throw new DataException(
              "MME: %s: the answers about %s do not stand in pairs; answer both its questions, one after the other"
                  .formatted(category, first.image()));
        }
        right += (first.isRight() ? 1 : 0) + (second.isRight() ? 1 : 0);
        both += first.isRight() && second.isRight() ? 1 : 0;
      }
      return new Tally(lines.size(), right, both);
    }

    /// Writes the figures of a category and gives its score.
    double put(ObjectNode figures, String category) {
      double accuracy = Figures.share(right, answers);
      double plus = Figures.share(both, answers / 2);
      double score = accuracy * 100 + plus * 100;
      figures
          .withObjectProperty("categories")
          .putObject(category)
          .put("score", score)
          .put("accuracy", accuracy)
          .put("accuracy_plus", plus);
      return score;
    }
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
}
