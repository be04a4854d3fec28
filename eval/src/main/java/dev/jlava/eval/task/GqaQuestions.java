package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.jlava.eval.json.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// GQA's questions, in LLaVA's format or its own. Its own file, which scoring reads, is
/// `annotations` beside LLaVA's.
record GqaQuestions() implements Asking {
  private static final Input ANNOTATIONS =
      Input.optional("annotations", "FILE", Gqa.QUESTIONS.description());
  private static final QuestionFile FILE =
      new QuestionFile(QuestionFile.SHORT_ANSWER, GqaQuestions::rows);

  @Override
  public List<Input> inputs() {
    return Stream.concat(FILE.inputs().stream(), Stream.of(ANNOTATIONS)).toList();
  }

  @Override
  public int maxNewTokens() {
    return FILE.maxNewTokens();
  }

  @Override
  public List<Item> items(Given given) {
    return FILE.items(given);
  }

  private static List<Row> rows(Row file) {
    List<Row> rows = new ArrayList<>();
    file.entries()
        .forEach((id, question) ->
            rows.add(
                QuestionFile.row(
                    question,
                    new TextNode(id),
                    question.text("imageId") + ".jpg",
                    QuestionFile.briefly(question.text("question")))));
    return rows;
  }

  @Override
  public Given forScoring(Given given) {
    Path questions = given.path(QuestionFile.QUESTIONS);
    List<String> own = QuestionFile.isLlavas(questions) ? List.of() : List.of(questions.toString());
    List<String> annotations = given.all(ANNOTATIONS);
    return given.with(Map.of(Gqa.QUESTIONS.name(), annotations.isEmpty() ? own : annotations));
  }
}
