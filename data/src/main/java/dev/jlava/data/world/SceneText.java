package dev.jlava.data.world;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/// What can be said about a scene: captions, boxes, questions, and descriptions that take the place
/// of the picture where only text is trained.
public final class SceneText {
  private static final int DESCRIBABLE_OBJECTS = 3;
  private static final double CLEAR_ORDER = 0.1;
  private static final int MAP_CELLS = 8;

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

  /// The scene as three maps of its colours, shapes and sizes: 8 rows of 8 words in the padded
  /// square, a full stop where no object is. Captions of this kind say what lies at each place,
  /// which a tower learns to see from far sooner than from sentences.
  public static List<String> maps(Scene scene) {
    return List.of(
        "colours: " + map(scene, object -> object.colour().word()),
        "shapes: " + map(scene, object -> object.shape().word()),
        "sizes: " + map(scene, object -> object.size().word()));
  }

  private static String map(Scene scene, Function<SceneObject, String> word) {
    List<String> cells = new ArrayList<>();
    double cell = scene.longerSide() / (double) MAP_CELLS;
    double padX = (scene.longerSide() - scene.width()) / 2.0;
    double padY = (scene.longerSide() - scene.height()) / 2.0;
    for (int row = 0; row < MAP_CELLS; row++) {
      for (int column = 0; column < MAP_CELLS; column++) {
        double x = (column + 0.5) * cell - padX;
        double y = (row + 0.5) * cell - padY;
        cells.add(
            scene.objects().stream()
                .filter(object -> object.covers(x, y))
                .findFirst()
                .map(word)
                .orElse("."));
      }
    }
    return String.join(" ", cells);
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
