package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Questions in LLaVA's format: `question_id`, `text` with the instruction in it, `image` (a path
/// or a list of paths, absent for a question without one), `category` and `answer`, a line each. A
/// benchmark's own file of questions may stand in its place, which is put into the same rows.
///
/// @param maxNewTokens the longest answer
/// @param own the rows of the benchmark's own file, which is one JSON value
/// @param ownIds whether no two questions may have the same id
record QuestionFile(int maxNewTokens, Function<Row, List<Row>> own, boolean ownIds)
    implements Asking {
  static final Input QUESTIONS =
      Input.one("questions", "FILE", "Questions: question_id, text and image, a line each.");
  static final Input IMAGES =
      Input.optional("images", "DIR", "The folder that image paths start from.");

  /// What LLaVA's `model_vqa_loader.py` allows, which asks the short-answer benchmarks.
  static final int SHORT_ANSWER = 128;

  /// What LLaVA's `model_vqa.py` allows, which asks open questions.
  static final int OPEN_ANSWER = 1024;

  /// A user's own questions, in LLaVA's format alone.
  static final QuestionFile SHORT = new QuestionFile(SHORT_ANSWER, QuestionFile::none, true);

  /// Open questions, in LLaVA's format alone.
  static final QuestionFile OPEN = new QuestionFile(OPEN_ANSWER, QuestionFile::none, true);

  private static final String ID = "question_id";

  /// A benchmark's questions, whose ids may repeat.
  QuestionFile(int maxNewTokens, Function<Row, List<Row>> own) {
    this(maxNewTokens, own, false);
  }

  private static List<Row> none(Row file) {
    throw file.wrong("one JSON value", file.json(), "question_id and text, a line each");
  }

  /// A question with LLaVA's instruction for short answers.
  static String briefly(String question) {
    return question + "\nAnswer the question using a single word or phrase.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(QUESTIONS, IMAGES);
  }

  @Override
  public List<Item> items(Given given) {
    Path file = given.path(QUESTIONS);
    List<Row> rows = rows(file);
    if (ownIds) {
      Row.byOwnId(rows, ID);
    }
    return read(file, rows, given.optionalPath(IMAGES));
  }

  /// The rows of a question file, LLaVA's or the benchmark's own.
  List<Row> rows(Path file) {
    return isLlavas(file) ? Json.lines(file) : own.apply(Json.file(file));
  }

  /// Whether a file has LLaVA's format and not a benchmark's own.
  static boolean isLlavas(Path file) {
    return Json.isLines(file, ID);
  }

  /// A row in LLaVA's format for a question of a benchmark's own file.
  static Row row(Row question, JsonNode id, String image, String text) {
    ObjectNode row = Json.object().put("image", image).put("text", text);
    row.set(ID, id);
    return new Row(question.where(), row);
  }

  /// The questions of rows in LLaVA's format.
  ///
  /// @param file that they come from, or folder
  /// @param images where image paths start from; the file's own folder, or the folder, if none
  static List<Item> read(Path file, List<Row> rows, Optional<Path> images) {
    if (rows.isEmpty()) {
      throw new DataException(file + ": no questions (expected question_id and text, a line each)");
    }
    Path own = Files.isDirectory(file) ? file : file.toAbsolutePath().resolveSibling("");
    Path folder = images.orElse(own);
    return rows.stream().map(row -> item(row, folder)).toList();
  }

  private static Item item(Row row, Path folder) {
    String text = row.text("text");
    row.id(ID);
    JsonNode reference = row.has("answer") ? row.value("answer") : NullNode.instance;
    return new Item(
        row.value(ID),
        row.has("category") ? row.id("category") : "",
        text,
        text,
        images(row, folder),
        reference,
        row.where());
  }

  private static List<Path> images(Row row, Path folder) {
    if (!row.has("image")) {
      return List.of();
    }
    List<String> names =
        row.value("image").isArray() ? row.texts("image") : List.of(row.text("image"));
    List<Path> files = new ArrayList<>();
    names.forEach(name -> files.add(file(row, folder.resolve(name))));
    return files;
  }

  /// An image of a question, which is there.
  static Path file(Row row, Path image) {
    if (!Files.isRegularFile(image)) {
      throw new DataException(
          row.where()
              + ": image "
              + image
              + ": no such file; check images (pool_images for examples), where paths start from");
    }
    return image;
  }
}
