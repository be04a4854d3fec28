package dev.jlava.data.world;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// What can be said about a scene: captions, boxes, questions, and descriptions that take the place
/// of the picture where only text is trained.
public final class SceneText {
  private static final int DESCRIBABLE_OBJECTS = 3;
  private static final double CLEAR_ORDER = 0.1;
  private static final int DRAWING_CELLS = 8;

  private SceneText() {}

  /// Every question with a definite answer.
  public static List<Question> questions(Scene scene) {
    List<Question> questions = new ArrayList<>();
    questions.addAll(AttributeQuestions.of(scene));
    questions.addAll(CountQuestions.of(scene));
    questions.addAll(RelationQuestions.of(scene));
    if (scene.objects().size() <= DESCRIBABLE_OBJECTS && orderIsClear(scene)) {
      questions.add(
          new Question(
              QuestionKind.DESCRIPTION,
              "description",
              "Describe the picture.",
              inOrder(scene) + onBackground(scene)));
    }
    return questions;
  }

  private static boolean orderIsClear(Scene scene) {
    List<SceneObject> objects = scene.leftToRight();
    double clear = CLEAR_ORDER * scene.longerSide();
    for (int i = 1; i < objects.size(); i++) {
      if (objects.get(i).x() - objects.get(i - 1).x() < clear) {
        return false;
      }
    }
    return true;
  }

  /// Captions of several kinds, from what there is to where it is.
  public static List<String> captions(Scene scene) {
    return List.of(
        inOrder(scene) + onBackground(scene),
        "a picture of " + inOrder(scene) + ".",
        places(scene) + onBackground(scene),
        "from left to right: " + inOrder(scene) + ".");
  }

  /// `a large red circle and a small blue star`, from left to right.
  private static String inOrder(Scene scene) {
    return names(scene.leftToRight());
  }

  private static String names(List<SceneObject> objects) {
    return Words.list(
        objects.stream().map(object -> Words.withArticle(object.fullName())).toList());
  }

  private static String onBackground(Scene scene) {
    return " on a " + scene.background().word() + " background.";
  }

  /// `a large red circle at the top left, a small blue star in the middle`, from left to right.
  public static String places(Scene scene) {
    return scene.leftToRight().stream()
        .map(object -> Words.withArticle(object.fullName()) + at(scene.place(object)))
        .collect(Collectors.joining(", "));
  }

  private static String at(String place) {
    return place.equals("middle") ? " in the middle" : " at the " + place;
  }

  /// The scene in sentences that hold all that questions ask for.
  public static String inWords(Scene scene) {
    return "The picture shows %s. From left to right: %s. From top to bottom: %s."
        .formatted(places(scene), names(scene.leftToRight()), names(scene.topToBottom()));
  }

  /// The scene as 8 rows of 8 words in the padded square, a dot where nothing is: three words in a
  /// row for an object, around its centre. What a decoder learns from such drawings about rows,
  /// columns and counts carries over to rows of image features.
  public static String drawing(Scene scene) {
    String[] cells = new String[DRAWING_CELLS * DRAWING_CELLS];
    Arrays.fill(cells, ".");
    double padX = (scene.longerSide() - scene.width()) / 2.0;
    double padY = (scene.longerSide() - scene.height()) / 2.0;
    double cell = scene.longerSide() / (double) DRAWING_CELLS;
    for (SceneObject object : scene.objects()) {
      int row = (int) ((object.y() + padY) / cell);
      int column = Math.clamp((int) ((object.x() + padX) / cell) - 1, 0, DRAWING_CELLS - 3);
      String[] words = {object.size().word(), object.colour().word(), object.shape().word()};
      int at = freeRow(cells, row, column) * DRAWING_CELLS + column;
      System.arraycopy(words, 0, cells, at, words.length);
    }
    return String.join(" ", cells);
  }

  private static int freeRow(String[] cells, int row, int column) {
    for (int distance = 0; distance < DRAWING_CELLS; distance++) {
      for (int candidate : new int[] {row - distance, row + distance}) {
        if (candidate >= 0 && candidate < DRAWING_CELLS && isFree(cells, candidate, column)) {
          return candidate;
        }
      }
    }
    throw new IllegalStateException("a drawing of " + DRAWING_CELLS + " rows has no room left");
  }

  private static boolean isFree(String[] cells, int row, int column) {
    int at = row * DRAWING_CELLS + column;
    return Arrays.stream(cells, at, at + 3).allMatch("."::equals);
  }

  /// The objects as COCO-like boxes.
  public static List<Box> boxes(Scene scene) {
    return scene.objects().stream().map(object -> Box.of(scene, object)).toList();
  }

  /// Where an object lies: corners as fractions of width and height, rounded to three decimals.
  public record Box(String category, double x1, double y1, double x2, double y2) {
    static Box of(Scene scene, SceneObject object) {
      double radius = object.diameter() / 2;
      return new Box(
          object.name(),
          rounded((object.x() - radius) / scene.width()),
          rounded((object.y() - radius) / scene.height()),
          rounded((object.x() + radius) / scene.width()),
          rounded((object.y() + radius) / scene.height()));
    }

    private static double rounded(double fraction) {
      return Math.round(fraction * 1000) / 1000.0;
    }
  }
}
