package dev.jlava.eval.task;

import java.util.List;
import java.util.Optional;

/// A user's own questions with short answers, compared by [ExactMatch].
final class PlainMatch implements Task {
  @Override
  public String name() {
    return "exact_match";
  }

  @Override
  public String summary() {
    return "Your questions: right if the answer is the reference, case and final full stop aside.";
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
    return References.read(given).accuracy(ExactMatch::isRight);
  }
}
