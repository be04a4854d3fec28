package dev.jlava.eval.task;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// GQA's questions in LLaVA's format; GQA's own file of them, which scoring reads, is `annotations`
/// here.
record GqaQuestions() implements Asking {
  private static final Input ANNOTATIONS =
      Input.optional("annotations", "FILE", Gqa.QUESTIONS.description());

  @Override
  public List<Input> inputs() {
    return Stream.concat(QuestionFile.SHORT.inputs().stream(), Stream.of(ANNOTATIONS)).toList();
  }

  @Override
  public int maxNewTokens() {
    return QuestionFile.SHORT.maxNewTokens();
  }

  @Override
  public List<Item> items(Given given) {
    return QuestionFile.SHORT.items(given);
  }

  @Override
  public Given forScoring(Given given) {
    return given.with(Map.of(Gqa.QUESTIONS.name(), given.all(ANNOTATIONS)));
  }
}
