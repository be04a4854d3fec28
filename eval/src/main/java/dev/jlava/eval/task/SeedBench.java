package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/// SEED-Bench: choices about images and videos (Li et al. 2023), as LLaVA's converter scores them.
/// An answer is right if it is the letter and nothing else; a question without an answer counts as
/// wrong.
final class SeedBench implements Task {
  private static final Input ANSWERS = Input.answers("Answers: question_id and text, a line each.");
  private static final Input OUT =
      Input.optional(
          "out", "FILE", "The submission file to write; takes an answer to every question.");

  @Override
  public String name() {
    return "seed_bench";
  }

  @Override
  public String summary() {
    return "Choices about images and videos: accuracy by type, and the submission file.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, SeedQuestions.ANNOTATIONS, SeedQuestions.SPLIT, OUT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(new SeedQuestions());
  }

  @Override
  public String submission() {
    return "submission.jsonl";
  }

  @Override
  public Score score(Given given) {
    Map<String, Row> answers = Row.byId(Json.lines(given.paths(ANSWERS)), "question_id");
    Row annotations = Json.file(given.path(SeedQuestions.ANNOTATIONS));
    List<Row> questions =
        SeedQuestions.questions(annotations, given).stream()
            .filter(question -> given.wasAsked(question.id("question_id")))
            .toList();
    ObjectNode figures = Json.object();
    Line total = line("Total accuracy", questions, answers);
    String text =
        types(SeedQuestions.types(annotations), questions, answers, figures)
            + total.text(figures)
            + line("image accuracy", ofKind("image", questions), answers).text(figures)
            + line("video accuracy", ofKind("video", questions), answers).text(figures);
    Score score =
        Score.of(text, figures)
            .noting(notes(questions, answers))
            .marked(
                Score.Headline.percent("accuracy", total.share()),
                marks(SeedQuestions.types(annotations), questions, isRight(answers)));
    Optional<Score.Output> out =
        given.optionalPath(OUT).map(file -> new Score.Output(file, submission(questions, answers)));
    return out.map(file -> score.writing(List.of(file))).orElse(score);
  }

  private static String types(
      Map<Integer, String> names,
      List<Row> questions,
      Map<String, Row> answers,
      ObjectNode figures) {
    Map<Integer, List<Row>> byType = new TreeMap<>();
    questions.forEach(row ->
        byType.computeIfAbsent(row.integer("question_type_id"), t -> new ArrayList<>()).add(row));
    StringBuilder text = new StringBuilder();
    ObjectNode inner = figures.putObject("types");
    byType.forEach((type, rows) -> {
      String name = names.get(type);
      if (name == null) {
        throw new DataException(
            rows.getFirst().where() + ": type " + type + " is not in question_type " + names);
      }
      text.append(line(name, rows, answers).text(inner));
    });
    return text.toString();
  }

  private static List<Mark> marks(
      Map<Integer, String> names, List<Row> questions, Predicate<Row> isRight) {
    return questions.stream()
        .map(row ->
            Mark.of(
                row.id("question_id"),
                names.getOrDefault(row.integer("question_type_id"), ""),
                isRight.test(row)))
        .toList();
  }

  private static List<Row> ofKind(String kind, List<Row> questions) {
    return questions.stream().filter(row -> row.text("data_type").equals(kind)).toList();
  }

  private record Line(String title, double share) {
    String text(ObjectNode figures) {
      Figures.put(figures, title, share);
      return "%s: %s%%\n".formatted(title, Figures.percent(share));
    }
  }

  private static Line line(String title, List<Row> questions, Map<String, Row> answers) {
    int right = (int) questions.stream().filter(isRight(answers)).count();
    return new Line(title, Figures.share(right, questions.size()));
  }

  private static Predicate<Row> isRight(Map<String, Row> answers) {
    return question -> {
      Row answer = answers.get(question.id("question_id"));
      return answer != null && answer.text("text").equals(question.text("answer"));
    };
  }

  private static List<String> notes(List<Row> questions, Map<String, Row> answers) {
    List<String> notes = new ArrayList<>();
    long missing =
        questions.stream().filter(q -> !answers.containsKey(q.id("question_id"))).count();
    if (missing > 0) {
      notes.add(missing + " questions have no answer and count as wrong");
    }
    for (String kind : new String[] {"image", "video"}) {
      if (ofKind(kind, questions).isEmpty()) {
        notes.add(kind + " accuracy is not defined: there are no such questions");
      }
    }
    return notes;
  }

  private static byte[] submission(List<Row> questions, Map<String, Row> answers) {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (Row question : questions) {
      Row answer = answers.get(question.id("question_id"));
      if (answer == null) {
        throw new DataException(
            question.where() + ": no answer to this question; a submission takes all of them");
      }
      ObjectNode one = Json.object();
      one.set("question_id", question.value("question_id"));
      lines.writeBytes(Json.bytes(one.put("prediction", answer.text("text"))));
      lines.write('\n');
    }
    return lines.toByteArray();
  }
}
