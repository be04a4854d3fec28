package dev.jlava.data.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Questions for how objects lie to each other. Asked only where the distance is clear, and "what
/// is left of…" only where one object alone is.
final class RelationQuestions {
  private static final double CLEAR = 0.14;

  private RelationQuestions() {}

  static List<Question> of(Scene scene) {
    List<Question> questions = new ArrayList<>();
    for (SceneObject object : scene.objects()) {
      Optional<String> name = Words.reference(scene, object);
      if (name.isPresent()) {
        for (Relation relation : Relation.values()) {
          whatIs(scene, relation, object, name.get(), questions);
          isIt(scene, relation, object, name.get(), questions);
        }
      }
    }
    return questions;
  }

  private static void whatIs(
      Scene scene, Relation relation, SceneObject object, String name, List<Question> questions) {
    List<SceneObject> others =
        scene.objects().stream().filter(other -> !other.equals(object)).toList();
    boolean clear =
        others.stream().allMatch(other -> Math.abs(relation.amount(other, object)) > clear(scene));
    List<SceneObject> there =
        others.stream().filter(other -> relation.amount(other, object) > 0).toList();
    if (clear && there.size() == 1) {
      String text = "What is " + relation.words + " the " + name + "?";
      String answer = Words.withArticle(there.getFirst().name());
      questions.add(new Question(QuestionKind.RELATION, "relation.open", text, answer));
    }
  }

  private static void isIt(
      Scene scene, Relation relation, SceneObject object, String name, List<Question> questions) {
    for (SceneObject other : scene.objects()) {
      double amount = relation.amount(object, other);
      Optional<String> otherName = Words.reference(scene, other);
      if (!other.equals(object) && otherName.isPresent() && Math.abs(amount) > clear(scene)) {
        String text = "Is the " + name + " " + relation.words + " the " + otherName.get() + "?";
        String answer = amount > 0 ? "yes" : "no";
        questions.add(new Question(QuestionKind.RELATION, "relation.closed", text, answer));
      }
    }
  }

  private static double clear(Scene scene) {
    return CLEAR * scene.longerSide();
  }

  private enum Relation {
    LEFT("left of"),
    RIGHT("right of"),
    ABOVE("above"),
    BELOW("below");

    private final String words;

    Relation(String words) {
      this.words = words;
    }

    /// Pixels by which the relation holds for `a` to `b`; negative where its opposite does.
    double amount(SceneObject a, SceneObject b) {
      return switch (this) {
        case LEFT -> b.x() - a.x();
        case RIGHT -> a.x() - b.x();
        case ABOVE -> b.y() - a.y();
        case BELOW -> a.y() - b.y();
      };
    }
  }
}
