package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A question about an image, with the answer that counts as right.
///
/// @param category what accuracy is reported by
public record Question(String id, Path image, String text, String reference, String category) {

  /// Reads JSON lines with `question_id`, `image`, `text`, `answer` and `category`, as LLaVA's
  /// question files have them.
  ///
  /// @param images the folder that image paths start from
  public static List<Question> read(Path file, Path images) {
    List<Question> questions = new ArrayList<>();
    ObjectMapper json = new ObjectMapper();
    try {
      for (String line : Files.readAllLines(file)) {
        questions.add(question(json.readTree(line), images, file + ":" + (questions.size() + 1)));
      }
    } catch (IOException e) {
      throw new DataException(
          file + ": line " + (questions.size() + 1) + " cannot be read (" + e.getMessage() + ")",
          e);
    }
    return questions;
  }

  private static Question question(JsonNode json, Path images, String where) {
    for (String key : new String[] {"question_id", "image", "text", "answer", "category"}) {
      if (!json.has(key)) {
        throw new DataException(where + ": no '" + key + "'; is this a question file?");
      }
    }
    return new Question(
        json.get("question_id").asText(),
        images.resolve(json.get("image").asText()),
        json.get("text").asText(),
        json.get("answer").asText(),
        json.get("category").asText());
  }
}
