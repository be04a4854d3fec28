package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// ScienceQA's problems as LLaVA 1.5's `llava_test_CQM-A.json` puts them: the context where there
/// is one, question, options with their letters, then the instruction to answer with one. Images
/// are `ID/image.png` in `images/SPLIT`.
record ScienceQuestions() implements Asking {
  private static final Input IMAGES =
      Input.optional(
          "images", "DIR", "The folder of the problems' images; images/SPLIT if absent.");

  @Override
  public List<Input> inputs() {
    return List.of(ScienceProblems.ANNOTATIONS, ScienceProblems.SPLIT, IMAGES);
  }

  @Override
  public int maxNewTokens() {
    return 1024;
  }

  @Override
  public List<Item> items(Given given) {
    Path directory = given.path(ScienceProblems.ANNOTATIONS);
    String split = given.text(ScienceProblems.SPLIT).orElse("test");
    Optional<Path> folder = given.optionalPath(IMAGES);
    Path images = folder.orElse(directory.resolve("images").resolve(split));
    Row problems = Json.file(directory.resolve("problems.json"));
    List<Item> items = new ArrayList<>();
    for (String id : ScienceProblems.read(given).byId().keySet()) {
      items.add(item(id, problems.object(id), images));
    }
    return items;
  }

  private static Item item(String id, Row problem, Path folder) {
    List<Path> images =
        problem.has("image")
            ? List.of(QuestionFile.file(problem, folder.resolve(id).resolve(problem.text("image"))))
            : List.of();
    String text = text(problem);
    return new Item(
        new TextNode(id),
        images.isEmpty() ? "no image" : "image",
        problem.text("question"),
        images.isEmpty() ? text : "<image>\n" + text,
        images,
        new TextNode(ChoiceLetter.LETTERS.substring(problem.integer("answer")).substring(0, 1)),
        id);
  }

  private static String text(Row problem) {
    String hint = PythonText.strip(problem.has("hint") ? problem.text("hint") : "");
    String context = hint.isEmpty() ? "" : "Context: " + hint + "\n";
    String text = ChoiceFile.prompt(context + problem.text("question"), problem.texts("choices"));
    return PythonText.strip(text.replace("  ", " "));
  }
}
