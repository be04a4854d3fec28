package dev.jlava.data.world;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;

/// Chooses questions so that kinds, forms and answers come up about equally often over a data set:
/// whoever answers without looking gains little from knowing which answers are frequent.
final class AnswerBalance {
  private final Map<QuestionKind, Integer> kinds = new HashMap<>();
  private final Map<String, Integer> forms = new HashMap<>();
  private final Map<String, Integer> answers = new HashMap<>();
  private final RandomGenerator random;

  AnswerBalance(RandomGenerator random) {
    this.random = random;
  }

  /// Up to `count` of a scene's questions, the rarest first; no text twice.
  List<Question> choose(Scene scene, int count) {
    List<Question> left = new ArrayList<>(SceneText.questions(scene));
    List<Question> chosen = new ArrayList<>();
    while (chosen.size() < count && !left.isEmpty()) {
      Question question = rarest(left);
      note(question);
      chosen.add(question);
      left.removeIf(other -> other.text().equals(question.text()));
    }
    return chosen;
  }

  private Question rarest(List<Question> questions) {
    List<Question> rare = least(questions, question -> kinds.getOrDefault(question.kind(), 0));
    rare = least(rare, question -> forms.getOrDefault(question.form(), 0));
    rare = least(rare, question -> answers.getOrDefault(answerKey(question), 0));
    return rare.get(random.nextInt(rare.size()));
  }

  private static List<Question> least(List<Question> questions, ToIntFunction<Question> count) {
    int least =
        count.applyAsInt(questions.stream().min(Comparator.comparingInt(count)).orElseThrow());
    return questions.stream().filter(question -> count.applyAsInt(question) == least).toList();
  }

  private void note(Question question) {
    kinds.merge(question.kind(), 1, Integer::sum);
    forms.merge(question.form(), 1, Integer::sum);
    answers.merge(answerKey(question), 1, Integer::sum);
  }

  private static String answerKey(Question question) {
    return question.form() + "=" + question.answer();
  }
}
