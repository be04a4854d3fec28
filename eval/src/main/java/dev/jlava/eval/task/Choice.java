package dev.jlava.eval.task;

import dev.jlava.data.DataException;
import java.util.List;
import java.util.Optional;

/// A user's own questions with lettered choices, A to E: an answer is read as ScienceQA's are.
final class Choice implements Task {
  @Override
  public String name() {
    return "choice";
  }

  @Override
  public String summary() {
    return "Your questions with choices: right if the answer names the right letter, A to E.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(References.ANSWERS, References.QUESTIONS);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(new ChoiceFile());
  }

  @Override
  public Score score(Given given) {
    References references = References.read(given);
    for (References.Asked asked : references.asked()) {
      if (asked.references().stream().anyMatch(letter -> ChoiceLetter.index(letter, 5) < 0)) {
        throw new DataException(
            "%s: answer %s is no letter (expected A to E)"
                .formatted(asked.where(), asked.references()));
      }
    }
    return references.accuracy((answer, letter) -> ChoiceLetter.of(answer).equals(letter));
  }
}
