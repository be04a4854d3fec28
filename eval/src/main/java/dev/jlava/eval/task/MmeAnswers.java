package dev.jlava.eval.task;

import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// MME's right answers: a folder a category, in it (or in its `questions_answers_YN`) a text file
/// an image, with a question, a tab and the answer in each line.
final class MmeAnswers {
  private static final String SHORT = "Answer the question using a single word or phrase.";
  private static final String YES_NO = "Please answer yes or no.";

  private final Path directory;
  private final Map<Path, Map<String, String>> files = new HashMap<>();

  MmeAnswers(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new DataException(directory + ": no such directory; give MME's release folder");
    }
    this.directory = directory;
  }

  /// `Yes` or `No`. LLaVA asks in other words: its instruction goes, MME's comes back, after one
  /// space or two.
  String of(Row answer, String category, String image) {
    Path file = file(category, image);
    Map<String, String> byQuestion = files.computeIfAbsent(file, MmeAnswers::read);
    String question = answer.text("prompt");
    if (question.contains(SHORT)) {
      question = PythonText.strip(question.replace(SHORT, ""));
    }
    List<String> forms =
        question.contains(YES_NO)
            ? List.of(question)
            : List.of(question + " " + YES_NO, question + "  " + YES_NO);
    for (String form : forms) {
      String right = byQuestion.get(form);
      if (right != null) {
        return right;
      }
    }
    throw answer.wrong(
        "a question that " + file + " does not hold",
        answer.value("prompt"),
        "one of " + byQuestion.keySet());
  }

  private Path file(String category, String image) {
    Path folder = directory.resolve(category);
    Path inner =
        Files.isDirectory(folder.resolve("images"))
            ? folder.resolve("questions_answers_YN")
            : folder;
    return inner.resolve(image + ".txt");
  }

  private static Map<String, String> read(Path file) {
    Map<String, String> byQuestion = new HashMap<>();
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
