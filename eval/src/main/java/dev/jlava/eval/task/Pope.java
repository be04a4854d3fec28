package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Folder;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// POPE: whether objects are in an image (Li et al. 2023), as LLaVA's `eval_pope.py` scores it.
/// Labels belong to a category's questions in the order of the question file.
final class Pope implements Task {
  private static final String PREFIX = "coco_pope_";
  private static final String SUFFIX = ".json";

  private static final Input ANSWERS = Input.answers("Answers: question_id and text, a line each.");
  private static final Input ANNOTATIONS =
      Input.one(
          "annotations",
          "DIR",
          "POPE's folder with coco_pope_CATEGORY.json: question_id, image, text and label, a line"
              + " each.");
  private static final AnnotatedQuestions ASKING =
      new AnnotatedQuestions(ANNOTATIONS, Pope::rows, false);

  @Override
  public String name() {
    return "pope";
  }

  @Override
  public String summary() {
    return "Questions whether objects are in an image: accuracy, precision, recall, F1.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, AnnotatedQuestions.QUESTIONS, ANNOTATIONS);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(ASKING);
  }

  /// The questions of the files of labels. Ids begin anew in each; here a category is part of them.
  private static List<Row> rows(Path directory) {
    List<Row> rows = new ArrayList<>();
    for (Path file : labelFiles(directory)) {
      for (Row label : Json.lines(file)) {
        JsonNode id = new TextNode(category(file) + "/" + label.id("question_id"));
        String text = QuestionFile.briefly(label.text("text"));
        Row row = QuestionFile.row(label, id, label.text("image"), text);
        ((ObjectNode) row.json())
            .put("category", category(file))
            .put("answer", label.text("label"));
        rows.add(row);
      }
    }
    return rows;
  }

  private static String category(Path file) {
    String name = file.getFileName().toString();
    return name.substring(PREFIX.length(), name.length() - SUFFIX.length());
  }

  @Override
  public Score score(Given given) {
    // The script pairs answers and labels by their order, which a second answer would shift.
    Map<String, Row> answers = Row.byOwnId(Json.lines(given.paths(ANSWERS)), "question_id");
    List<Row> questions = ASKING.rows(given);
    StringBuilder text = new StringBuilder();
    ObjectNode figures = Json.object();
    List<String> notes = new ArrayList<>();
    List<Mark> marks = new ArrayList<>();
    double f1 = 0;
    for (Path file : labelFiles(given.path(ANNOTATIONS))) {
      String category = category(file);
      List<Row> asked =
          questions.stream().filter(row -> row.text("category").equals(category)).toList();
      List<Said> said = said(file, asked, answers, given);
      said.forEach(one -> marks.add(Mark.of(one.id(), category, one.yes() == one.isYes())));
      Confusion counts = count(said);
      f1 += counts.f1();
      text.append("Category: %s, # samples: %d\n".formatted(category, counts.total()));
      text.append(counts.text()).append("====================================\n");
      counts.put(figures.putObject(category).put("samples", counts.total()));
      counts.undefined().forEach(reason -> notes.add(category + ": " + reason));
    }
    return Score.of(text.toString(), figures)
        .noting(notes)
        .marked(Score.Headline.percent("mean F1", f1 / figures.size()), marks);
  }

  private static List<Path> labelFiles(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new DataException(directory + ": no such directory; give POPE's folder of labels");
    }
    List<Path> files = Folder.entries(directory);
    for (Path file : files) {
      String name = file.getFileName().toString();
      if (!name.startsWith(PREFIX) || !name.endsWith(SUFFIX)) {
        throw new DataException(
            file + ": not a file of labels (expected coco_pope_CATEGORY.json alone in the folder)");
      }
    }
    if (files.isEmpty()) {
      throw new DataException(directory + ": empty; give POPE's folder of labels");
    }
    return files;
  }

  /// What was answered to a question, and what is right.
  private record Said(String id, boolean yes, boolean isYes) {}

  private static Confusion count(List<Said> answers) {
    Confusion counts = Confusion.NONE;
    for (Said answer : answers) {
      counts = counts.plus(answer.yes(), answer.isYes());
    }
    return counts;
  }

  private static List<Said> said(
      Path file, List<Row> questions, Map<String, Row> answers, Given given) {
    List<Row> labels = Json.lines(file);
    if (labels.size() != questions.size()) {
      throw new DataException(
          "%s: %d labels for %d questions of the category; labels and questions belong together in order"
              .formatted(file, labels.size(), questions.size()));
    }
    List<Said> said = new ArrayList<>();
    for (int i = 0; i < labels.size(); i++) {
      String id = questions.get(i).id("question_id");
      if (!given.wasAsked(id)) {
        continue;
      }
      Row answer = answers.get(id);
      if (answer == null) {
        throw new DataException(
            questions.get(i).where() + ": no answer to this question; answer all of them");
      }
      boolean isYes = !labels.get(i).text("label").equals("no");
      said.add(new Said(id, YesNo.saysYes(answer.text("text")), isYes));
    }
    return said;
  }
}
