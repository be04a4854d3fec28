package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Folder;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// MME as it is released: a folder a category, in it images and for each a text file of its name,
/// with a question, a tab and the answer in each line. Some categories keep images in `images` and
/// texts in `questions_answers_YN`, the others all of them side by side.
final class MmeRelease {
  private static final String YES_NO = "Please answer yes or no.";
  private static final String TEXT = ".txt";

  private final Path directory;
  private final Map<Path, Map<String, String>> files = new HashMap<>();

  MmeRelease(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new DataException(directory + ": no such directory; give MME's release folder");
    }
    this.directory = directory;
  }

  /// The questions in LLaVA's format: category by category, in each by the names of the images.
  /// MME's instruction goes, LLaVA's comes in its place.
  List<Row> rows(List<String> categories) {
    List<Row> rows = new ArrayList<>();
    for (String category : categories) {
      Path folder = directory.resolve(category);
      if (!Files.isDirectory(folder)) {
        throw new DataException(
            "%s: no such directory; MME's release folder has one for each of %s"
                .formatted(folder, categories));
      }
      Map<String, Path> images = images(folder);
      for (Path file : listed(texts(folder))) {
        if (file.toString().endsWith(TEXT)) {
          rows.addAll(rows(category, file, images));
        }
      }
    }
    return rows;
  }

  private List<Row> rows(String category, Path file, Map<String, Path> images) {
    Path image =
        Optional.ofNullable(images.get(stem(file)))
            .orElseThrow(() -> new DataException(file + ": there is no image of its name"));
    String name = directory.relativize(image).toString().replace('\\', '/');
    List<Row> rows = new ArrayList<>();
    of(file)
        .forEach((question, answer) -> {
          ObjectNode row = Json.object().put("question_id", name).put("image", name);
          String asked = PythonText.strip(question.replace(YES_NO, ""));
          row.put("text", QuestionFile.briefly(asked)).put("category", category);
          row.set("answer", new TextNode(answer));
          rows.add(new Row(file.toString(), row));
        });
    return rows;
  }

  private static Map<String, Path> images(Path folder) {
    Path inner = folder.resolve("images");
    Map<String, Path> images = new HashMap<>();
    for (Path file : listed(Files.isDirectory(inner) ? inner : folder)) {
      if (!file.toString().endsWith(TEXT)) {
        images.put(stem(file), file);
      }
    }
    return images;
  }

  private static Path texts(Path folder) {
    return Files.isDirectory(folder.resolve("images"))
        ? folder.resolve("questions_answers_YN")
        : folder;
  }

  private static List<Path> listed(Path folder) {
    return Folder.entries(folder, "; is this MME's?").stream()
        .filter(Files::isRegularFile)
        .toList();
  }

  private static String stem(Path file) {
    return PythonText.split(file.getFileName().toString(), '.').getFirst();
  }

  /// A question as the release has it, and its right answer: `Yes` or `No`.
  record Known(String question, String answer) {}

  /// What an answer answers. LLaVA asks in other words: its instruction goes, MME's comes back,
  /// after one space or two.
  Known of(Row answer, String category, String image) {
    Path file = texts(directory.resolve(category)).resolve(image + TEXT);
    Map<String, String> byQuestion = of(file);
    String question = answer.text("prompt");
    String instruction = PythonText.strip(QuestionFile.briefly(""));
    if (question.contains(instruction)) {
      question = PythonText.strip(question.replace(instruction, ""));
    }
    List<String> forms =
        question.contains(YES_NO)
            ? List.of(question)
            : List.of(question + " " + YES_NO, question + "  " + YES_NO);
    for (String form : forms) {
      String right = byQuestion.get(form);
      if (right != null) {
        return new Known(form, right);
      }
    }
    throw answer.wrong(
        "a question that " + file + " does not hold",
        answer.value("prompt"),
        "one of " + byQuestion.keySet());
  }

  private Map<String, String> of(Path file) {
    return files.computeIfAbsent(file, MmeRelease::read);
  }

  private static Map<String, String> read(Path file) {
    Map<String, String> byQuestion = new LinkedHashMap<>();
    for (String line : Json.text(file).lines().map(PythonText::strip).toList()) {
      List<String> parts = PythonText.split(line, '\t');
      boolean fits =
          parts.size() == 2 && List.of("yes", "no").contains(PythonText.lower(parts.get(1)));
      if (!fits) {
        throw new DataException(
            file + ": not a question, a tab and yes or no (found '" + line + "'); is this MME's?");
      }
      byQuestion.put(parts.get(0), parts.get(1));
    }
    return byQuestion;
  }
}
