package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.jlava.eval.json.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// One question of a task, as it is asked.
///
/// @param id the number or text that names it; several may have the same one
/// @param category empty if it has none
/// @param question as it stands in the file
/// @param prompt the user's turn: the question with its instruction, `<image>` marks where LLaVA's
///   scripts keep them
/// @param images the image files, in order
/// @param reference the right answer: a text, or a list of which any is right; null if unknown
/// @param group questions that count only together have the same one; else the place in the file
public record Item(
    JsonNode id,
    String category,
    String question,
    String prompt,
    List<Path> images,
    JsonNode reference,
    String group) {
  public Item {
    images = List.copyOf(images);
  }

  /// The same question put in other words.
  Item putAs(String words) {
    return new Item(id, category, question, words, images, reference, group);
  }

  /// The same question among others that count only with it.
  Item inGroup(String name) {
    return new Item(id, category, question, prompt, images, reference, name);
  }

  /// Reads questions in LLaVA's format: `question_id`, `text`, `image`, `category` and `answer`, a
  /// line each.
  ///
  /// @param images where image paths start from; the file's own folder if none
  /// @throws dev.jlava.data.DataException where a line or an image is not there
  public static List<Item> read(Path file, Optional<Path> images) {
    return QuestionFile.read(file, Json.lines(file), images);
  }

  /// The right answer as a text, the first where there are several; empty if unknown.
  public String answer() {
    JsonNode first = reference.isArray() ? reference.path(0) : reference;
    return first instanceof NullNode ? "" : first.asText();
  }
}
