package dev.jlava.data.world;

import static dev.jlava.data.world.Words.thereAre;

import java.util.ArrayList;
import java.util.List;

/// Questions for how many, for whether there is one, and for what follows from two counts.
final class CountQuestions {
  private static final int MOST = 4;

  private CountQuestions() {}

  static List<Question> of(Scene scene) {
    List<Question> questions = new ArrayList<>();
    counts(scene, questions);
    existence(scene, questions);
    comparisons(scene, questions);
    remainders(scene, questions);
    return questions;
  }

  private static void counts(Scene scene, List<Question> questions) {
    questions.add(count("all", "things", scene.objects().size()));
    for (Shape shape : Shape.values()) {
      int count = scene.count(object -> object.shape() == shape);
      if (count <= MOST) {
        questions.add(count("shape", shape.word(2), count));
      }
    }
    for (Colour colour : Colour.values()) {
      int count = scene.count(object -> object.colour() == colour);
      if (count <= MOST) {
        questions.add(count("colour", colour.word() + " things", count));
      }
    }
  }

  private static Question count(String form, String things, int count) {
    String text = "How many " + things + " are there?";
    return new Question(QuestionKind.COUNT, "count." + form, text, Integer.toString(count));
  }

  /// The answer is no only for pairs whose colour or shape is in the picture: the rest is too easy.
  private static void existence(Scene scene, List<Question> questions) {
    for (Shape shape : Shape.values()) {
      for (Colour colour : Colour.values()) {
        boolean hasShape = scene.count(object -> object.shape() == shape) > 0;
        boolean hasColour = scene.count(object -> object.colour() == colour) > 0;
        boolean hasBoth =
            scene.count(object -> object.shape() == shape && object.colour() == colour) > 0;
        if (hasShape || hasColour) {
          String name = Words.withArticle(colour.word() + " " + shape.word());
          String answer = hasBoth ? "yes" : "no";
          questions.add(
              new Question(
                  QuestionKind.EXISTENCE, "existence." + answer, "Is there " + name + "?", answer));
        }
      }
    }
  }

  private static void comparisons(Scene scene, List<Question> questions) {
    for (Shape first : Shape.values()) {
      for (Shape second : Shape.values()) {
        int firsts = scene.count(object -> object.shape() == first);
        int seconds = scene.count(object -> object.shape() == second);
        if (first != second && firsts + seconds > 1) {
          String text = "Are there more " + first.word(2) + " than " + second.word(2) + "?";
          String verdict = firsts > seconds ? "yes" : "no";
          String reason = thereAre(firsts, first.word(firsts)) + " and " + seconds + " ";
          String answer = reason + second.word(seconds) + ", so " + verdict + ".";
          questions.add(
              new Question(QuestionKind.REASONING, "comparison." + verdict, text, answer));
        }
      }
    }
  }

  private static void remainders(Scene scene, List<Question> questions) {
    int all = scene.objects().size();
    for (Shape shape : Shape.values()) {
      int count = scene.count(object -> object.shape() == shape);
      if (count > 0 && count < all) {
        String text = "How many things are left without the " + shape.word(2) + "?";
        String reason = thereAre(all, "things") + " and " + count + " " + shape.word(count);
        String answer = reason + ", so " + (all - count) + ".";
        questions.add(new Question(QuestionKind.REASONING, "remainder", text, answer));
      }
    }
  }
}
