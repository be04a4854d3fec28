package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.json.Table;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// MMBench: choices about images (Liu et al. 2023). A question is right in the circular evaluation
/// if it is answered rightly wherever its options stand: in every row of the table with its index,
/// millions aside, and in every rotation that was asked. Letters are read as ScienceQA's are; the
/// evaluation server also asks a language model what an answer means.
final class MmBench implements Task {
  private static final Input ANSWERS =
      Input.answers("Answers: question_id, text and, if rotated, round_id, a line each.");
  private static final Input OUT =
      Input.optional("out", "FILE", "The table of predictions to write, as the server takes it.");

  /// Columns that LLaVA's converter leaves out.
  private static final List<String> LEFT_OUT =
      List.of("hint", "category", "source", "image", "comment", "l2-category");

  private final String name;
  private final MmBenchQuestions asking;

  MmBench(String name, MmBenchQuestions.Language language, boolean rotated) {
    this.name = name;
    this.asking = new MmBenchQuestions(language, rotated);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String summary() {
    return "Choices about images in "
        + (asking.language() == MmBenchQuestions.Language.CHINESE ? "Chinese" : "English")
        + (asking.rotated() ? ", every rotation of the options asked" : "")
        + ": accuracy, by answer and circular, and the table of predictions.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, MmBenchQuestions.QUESTIONS, OUT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(asking);
  }

  @Override
  public String submission() {
    return "submission.tsv";
  }

  /// What came of one row of the table.
  ///
  /// @param right of the rounds asked
  private record Outcome(Row row, List<Boolean> right) {
    boolean all() {
      return !right.contains(false);
    }
  }

  @Override
  public Score score(Given given) {
    Table table = Table.read(given.path(MmBenchQuestions.QUESTIONS));
    Map<String, List<Row>> answers = new HashMap<>();
    for (Row answer : Json.lines(given.paths(ANSWERS))) {
      answers.computeIfAbsent(answer.id("question_id"), id -> new ArrayList<>()).add(answer);
    }
    List<Row> asked =
        table.rows().stream().filter(row -> given.wasAsked(row.text("index"))).toList();
    asked.forEach(row -> require(row, answers));
    Score score =
        asked.stream().allMatch(row -> row.has("answer"))
            ? accuracy(asked.stream().map(row -> outcome(row, answers)).toList())
            : Score.of("", Json.object().put("answers", asked.size()))
                .noting(List.of("the table has no right answers; there is no accuracy"));
    return given
        .optionalPath(OUT)
        .map(out ->
            score.writing(List.of(new Score.Output(out, predictions(table, asked, answers)))))
        .orElse(score);
  }

  private void require(Row row, Map<String, List<Row>> answers) {
    int found = answers.getOrDefault(row.text("index"), List.of()).size();
    int expected = asking.rotated() ? MmBenchQuestions.options(row).size() : 1;
    if (found != expected) {
      throw new DataException(
          "%s: %d answers to question %s (expected %d); answer every question%s"
              .formatted(
                  row.where(),
                  found,
                  row.text("index"),
                  expected,
                  asking.rotated() ? " in every rotation" : ""));
    }
  }

  private static Outcome outcome(Row row, Map<String, List<Row>> answers) {
    List<Boolean> right = new ArrayList<>();
    for (Row answer : answers.getOrDefault(row.text("index"), List.of())) {
      int round = answer.has("round_id") ? answer.integer("round_id") : right.size();
      String letter = MmBenchQuestions.right(row, round).orElseThrow();
      right.add(ChoiceLetter.of(answer.text("text")).equals(letter));
    }
    return new Outcome(row, right);
  }

  private static Score accuracy(List<Outcome> outcomes) {
    ObjectNode figures = Json.object();
    List<Boolean> each = outcomes.stream().flatMap(one -> one.right().stream()).toList();
    String text = line("Answers", each, figures.putObject("answers"));
    Map<String, Boolean> circular = new LinkedHashMap<>();
    Map<String, Map<String, Boolean>> byCategory = new TreeMap<>();
    List<Mark> marks = new ArrayList<>();
    for (Outcome one : outcomes) {
      String group = MmBenchQuestions.group(one.row());
      String category = one.row().has("category") ? one.row().text("category") : "";
      circular.merge(group, one.all(), Boolean::logicalAnd);
      byCategory
          .computeIfAbsent(category, key -> new LinkedHashMap<>())
          .merge(group, one.all(), Boolean::logicalAnd);
      marks.add(Mark.of(one.row().text("index"), category, one.all()));
    }
    StringBuilder lines = new StringBuilder(text);
    lines.append(line("Circular", circular.values(), figures.putObject("circular")));
    ObjectNode categories = figures.putObject("categories");
    byCategory.remove("");
    byCategory.forEach((category, right) ->
        lines.append(line(category, right.values(), categories.putObject(category))));
    return Score.of(lines.toString(), figures)
        .marked(Score.Headline.percent("circular accuracy", share(circular.values())), marks);
  }

  private static double share(Collection<Boolean> right) {
    return Figures.share((int) right.stream().filter(one -> one).count(), right.size());
  }

  private static String line(String title, Collection<Boolean> right, ObjectNode figures) {
    int count = (int) right.stream().filter(one -> one).count();
    figures.put("total", right.size()).put("correct", count);
    Figures.put(figures, "accuracy", share(right));
    return "%s: Total: %d, Correct: %d, Accuracy: %s%%\n"
        .formatted(title, right.size(), count, Figures.percent(share(right)));
  }

  private static byte[] predictions(Table table, List<Row> asked, Map<String, List<Row>> answers) {
    List<String> columns = new ArrayList<>(table.columns());
    columns.removeAll(LEFT_OUT);
    columns.add(Math.min(6, columns.size()), "prediction");
    List<ObjectNode> lines = new ArrayList<>();
    for (Row row : asked) {
      ObjectNode line = Json.object();
      for (String column : columns) {
        line.put(column, row.has(column) ? row.text(column) : "");
      }
      lines.add(
          line.put(
              "prediction",
              answers.getOrDefault(row.text("index"), List.of()).getFirst().text("text")));
    }
    return Table.bytes(columns, lines);
  }
}
