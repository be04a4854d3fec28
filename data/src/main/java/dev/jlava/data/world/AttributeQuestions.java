package dev.jlava.data.world;

import static dev.jlava.data.world.Words.alone;

import java.util.ArrayList;
import java.util.List;

/// Questions for the colour, shape or size of an object that the question's words single out.
final class AttributeQuestions {
  private AttributeQuestions() {}

  static List<Question> of(Scene scene) {
    List<Question> questions = new ArrayList<>();
    for (SceneObject object : scene.objects()) {
      colour(scene, object, questions);
      shape(scene, object, questions);
      size(scene, object, questions);
    }
    return questions;
  }

  private static void colour(Scene scene, SceneObject object, List<Question> questions) {
    String shape = object.shape().word();
    String answer = object.colour().word();
    if (alone(scene, other -> other.shape() == object.shape())) {
      questions.add(ask(QuestionKind.COLOUR, "What colour is the " + shape + "?", answer));
    } else if (alone(scene, other -> sameShapeAndSize(other, object))) {
      String text = "What colour is the " + object.size().word() + " " + shape + "?";
      questions.add(ask(QuestionKind.COLOUR, text, answer));
    }
  }

  private static boolean sameShapeAndSize(SceneObject a, SceneObject b) {
    return a.shape() == b.shape() && a.size() == b.size();
  }

  private static void shape(Scene scene, SceneObject object, List<Question> questions) {
    String colour = object.colour().word();
    String answer = object.shape().word();
    if (alone(scene, other -> other.colour() == object.colour())) {
      questions.add(ask(QuestionKind.SHAPE, "What shape is the " + colour + " thing?", answer));
    } else if (alone(scene, other -> sameColourAndSize(other, object))) {
      String text = "What shape is the " + object.size().word() + " " + colour + " thing?";
      questions.add(ask(QuestionKind.SHAPE, text, answer));
    }
  }

  private static boolean sameColourAndSize(SceneObject a, SceneObject b) {
    return a.colour() == b.colour() && a.size() == b.size();
  }

  private static void size(Scene scene, SceneObject object, List<Question> questions) {
    if (alone(scene, other -> other.name().equals(object.name()))) {
      String text = "How big is the " + object.name() + "?";
      questions.add(ask(QuestionKind.SIZE, text, object.size().word()));
    }
  }

  private static Question ask(QuestionKind kind, String text, String answer) {
    return new Question(kind, kind.word(), text, answer);
  }
}
