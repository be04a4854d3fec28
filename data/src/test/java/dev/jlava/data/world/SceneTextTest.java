package dev.jlava.data.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class SceneTextTest {
  // A red circle left above, two stars right of it and below: a blue one and a smaller red one.
  private final Scene scene =
      new Scene(
          100,
          80,
          Background.MINT,
          1,
          List.of(
              new SceneObject(Shape.STAR, Colour.BLUE, Size.LARGE, 75, 60, 34),
              new SceneObject(Shape.CIRCLE, Colour.RED, Size.SMALL, 15, 15, 23),
              new SceneObject(Shape.STAR, Colour.RED, Size.SMALL, 45, 45, 15)));

  private final Map<String, String> answers =
      SceneText.questions(scene).stream()
          .collect(Collectors.toMap(Question::text, Question::answer));

  @Test
  void attributesAreAskedOnlyWhereTheWordsSingleOutOneObject() {
    assertThat(answers)
        .containsEntry("What colour is the circle?", "red")
        .containsEntry("What colour is the large star?", "blue")
        .doesNotContainKey("What colour is the star?")
        .containsEntry("What shape is the blue thing?", "star")
        .doesNotContainKey("What shape is the red thing?")
        .containsEntry("How big is the red star?", "small");
  }

  @Test
  void countsAndWhatFollowsFromThem() {
    assertThat(answers)
        .containsEntry("How many things are there?", "3")
        .containsEntry("How many stars are there?", "2")
        .containsEntry("How many red things are there?", "2")
        .containsEntry("How many squares are there?", "0")
        .containsEntry("Is there a red star?", "yes")
        .containsEntry("Is there a blue circle?", "no")
        .doesNotContainKey("Is there a green square?")
        .containsEntry(
            "Are there more circles than stars?", "there is 1 circle and 2 stars, so no.")
        .containsEntry(
            "How many things are left without the stars?", "there are 3 things and 2 stars, so 1.");
  }

  @Test
  void relationsAreAskedOnlyWhereTheyAreClear() {
    assertThat(answers)
        .containsEntry("Is the circle left of the blue star?", "yes")
        .containsEntry("Is the red star above the circle?", "no")
        .containsEntry("What is left of the red star?", "a red circle")
        .containsEntry("What is below the red star?", "a blue star")
        .doesNotContainKey("What is right of the circle?");
  }

  @Test
  void descriptionsGoFromLeftToRight() {
    assertThat(answers)
        .containsEntry(
            "Describe the picture.",
            "a small red circle, a small red star and a large blue star on a mint background.");
    assertThat(SceneText.places(scene))
        .isEqualTo(
            "a small red circle at the top left, a small red star in the middle, "
                + "a large blue star at the bottom right");
    assertThat(SceneText.captions(scene)).hasSize(4).allMatch(caption -> caption.endsWith("."));
  }

  @Test
  void mapsHaveEightRowsOfEightWords() {
    List<String> maps = SceneText.maps(scene);
    assertThat(maps).hasSize(3).allMatch(map -> map.split(" ", -1).length == 65);
    String empty = " . . .";
    assertThat(maps.get(0)).startsWith("colours: . . . . . . . . red red" + empty);
    assertThat(maps.get(1)).contains("circle circle" + empty).contains("star . star star .");
    assertThat(maps.get(2)).endsWith("large large . . . . . . . . .");
  }

  @Test
  void boxesAreFractionsOfThePicture() {
    assertThat(SceneText.boxes(scene))
        .hasSize(3)
        .contains(new SceneText.Box("red circle", 0.035, 0.044, 0.265, 0.331));
  }

  @Test
  void noQuestionHasTwoAnswers() {
    SceneSampler sampler = new SceneSampler(new SplittableRandom(11));
    int questions = 0;
    for (int i = 0; i < 300; i++) {
      List<Question> asked = SceneText.questions(sampler.next(candidate -> true));
      Map<String, Long> byText =
          asked.stream()
              .distinct()
              .collect(Collectors.groupingBy(Question::text, Collectors.counting()));
      assertThat(byText.values()).containsOnly(1L);
      questions += asked.size();
    }
    assertThat(questions).isGreaterThan(9000);
  }
}
