package dev.jlava.eval.task;

import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonText;
import java.util.List;
import java.util.Optional;

/// Reading text in images, as multimodal OCR benchmarks count it (Liu et al. 2023): right if the
/// answer holds the reference, case and kind of white space aside.
final class TextContained implements Task {
  @Override
  public String name() {
    return "text_contained";
  }

  @Override
  public String summary() {
    return "Reading text in images: right if the answer holds the reference.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(References.ANSWERS, References.QUESTIONS);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(QuestionFile.SHORT);
  }

  @Override
  public Score score(Given given) {
    References references = References.read(given);
    for (References.Asked asked : references.asked()) {
      if (asked.references().stream().anyMatch(text -> normal(text).isEmpty())) {
        throw new DataException(asked.where() + ": an empty answer, which every text holds");
      }
    }
    return references.accuracy((answer, text) -> normal(answer).contains(normal(text)));
  }

  private static String normal(String text) {
    return String.join(" ", PythonText.words(PythonText.lower(text)));
  }
}
