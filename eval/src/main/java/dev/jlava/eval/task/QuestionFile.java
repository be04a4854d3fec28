package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Questions in LLaVA's format: `question_id`, `text` with the instruction in it, `image` (a path
/// or a list of paths, absent for a question without one), `category` and `answer`, a line each.
///
/// @param maxNewTokens the longest answer
/// @param pairs whether questions with one id count only together, as MME's about an image do
record QuestionFile(int maxNewTokens, boolean pairs) implements Asking {
  static final Input QUESTIONS =
      Input.one("questions", "FILE", "Questions: question_id, text and image, a line each.");
  static final Input IMAGES =
      Input.optional("images", "DIR", "The folder that image paths start from.");

  /// What LLaVA's `model_vqa_loader.py` allows, which asks the short-answer benchmarks.
  static final QuestionFile SHORT = new QuestionFile(128, false);

  /// What LLaVA's `model_vqa.py` allows, which asks open questions.
  static final QuestionFile OPEN = new QuestionFile(1024, false);

  /// Short answers where an id stands for two questions.
  static final QuestionFile PAIRS = new QuestionFile(128, true);

  @Override
  public List<Input> inputs() {
    return List.of(QUESTIONS, IMAGES);
  }

  @Override
  public List<Item> items(Given given) {
    List<Item> items = read(given.path(QUESTIONS), given.optionalPath(IMAGES));
    return pairs ? items.stream().map(item -> item.inGroup(item.id().asText())).toList() : items;
  }

  /// The questions of a file.
  ///
  /// @param images where image paths start from; the file's own folder if none
  static List<Item> read(Path file, Optional<Path> images) {
    Path folder = images.orElseGet(() -> file.toAbsolutePath().getParent());
    List<Item> items = new ArrayList<>();
    for (Row row : Json.lines(file)) {
      items.add(item(row, folder));
    }
    if (items.isEmpty()) {
      throw new DataException(file + ": no questions (expected question_id and text, a line each)");
    }
    return items;
  }

  private static Item item(Row row, Path folder) {
    String text = row.text("text");
    row.id("question_id");
    JsonNode reference = row.has("answer") ? row.value("answer") : NullNode.instance;
    return new Item(
        row.value("question_id"),
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
    return names.stream().map(name -> file(row, folder.resolve(name))).toList();
  }

  /// An image of a question, which is there.
  static Path file(Row row, Path image) {
    if (!Files.isRegularFile(image)) {
      throw new DataException(
          row.where()
              + ": image "
              + image
              + ": no such file; check images, where paths start from");
    }
    return image;
  }
}
