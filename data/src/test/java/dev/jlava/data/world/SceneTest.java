package dev.jlava.data.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SceneTest {
  private static final int SCENES = 2000;

  private final List<Scene> scenes = sample(7);

  private static List<Scene> sample(long seed) {
    SceneSampler sampler = new SceneSampler(new SplittableRandom(seed));
    List<Scene> scenes = new ArrayList<>();
    for (int i = 0; i < SCENES; i++) {
      scenes.add(sampler.next(scene -> true));
    }
    return scenes;
  }

  @Test
  void theSameSeedDrawsTheSameScenes() {
    assertThat(sample(7)).isEqualTo(scenes);
    assertThat(sample(8)).isNotEqualTo(scenes);
  }

  @Test
  void objectsLieInsideThePictureAndApart() {
    int pairs = 0;
    for (Scene scene : scenes) {
      for (SceneObject object : scene.objects()) {
        double radius = object.diameter() / 2;
        assertThat(object.x()).isBetween(radius, scene.width() - radius);
        assertThat(object.y()).isBetween(radius, scene.height() - radius);
        for (SceneObject other : scene.objects()) {
          if (!other.equals(object)) {
            assertThat(object.touches(other, 2)).as(scene.signature()).isFalse();
            pairs++;
          }
        }
      }
    }
    assertThat(pairs).isGreaterThan(SCENES);
  }

  @Test
  void everyNumberOfObjectsIsEquallyLikely() {
    for (int count = 1; count <= 3; count++) {
      int wanted = count;
      assertThat(scenes.stream().filter(scene -> scene.objects().size() == wanted).count())
          .isBetween(SCENES / 3 - 80L, SCENES / 3 + 80L);
    }
  }

  @Test
  void oneSceneInSixteenIsHeldOutAndItsLookalikesWithIt() {
    assertThat(scenes.stream().filter(Scene::heldOut).count())
        .isBetween(SCENES / 16 - 40L, SCENES / 16 + 40L);
    for (Scene scene : scenes) {
      Scene lookalike =
          new Scene(
              scene.width(), scene.height(), scene.background(), 1, scene.objects().reversed());
      assertThat(lookalike.heldOut()).isEqualTo(scene.heldOut());
    }
  }

  @Test
  void anObjectShowsItsColourAndTheRestIsBackground() {
    SceneObject object = new SceneObject(Shape.SQUARE, Colour.BLUE, Size.LARGE, 30, 30, 30);
    Scene scene = new Scene(96, 64, Background.PINK, 5, List.of(object));
    BufferedImage image = SceneRenderer.render(scene);
    assertThat(distance(image.getRGB(30, 30), Colour.BLUE.rgb())).isLessThan(80);
    assertThat(distance(image.getRGB(70, 30), Background.PINK.rgb())).isLessThan(80);
    assertThat(pixels(image)).isEqualTo(pixels(SceneRenderer.render(scene)));
  }

  @Test
  void noShapeCoversThePixelsOfAnother() {
    List<int[]> pictures = new ArrayList<>();
    for (Shape shape : Shape.values()) {
      SceneObject object = new SceneObject(shape, Colour.BLACK, Size.LARGE, 40, 40, 60);
      Scene scene = new Scene(80, 80, Background.TAN, 3, List.of(object));
      pictures.add(pixels(SceneRenderer.render(scene)));
    }
    assertThat(pictures.size()).isEqualTo(4);
    for (int i = 0; i < pictures.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertThat(differing(pictures.get(i), pictures.get(j))).isGreaterThan(400);
      }
    }
  }

  private static long differing(int[] a, int[] b) {
    return IntStream.range(0, a.length).filter(i -> distance(a[i], b[i]) > 200).count();
  }

  private static int[] pixels(BufferedImage image) {
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  private static int distance(int a, int b) {
    return Math.abs((a >> 16 & 255) - (b >> 16 & 255))
        + Math.abs((a >> 8 & 255) - (b >> 8 & 255))
        + Math.abs((a & 255) - (b & 255));
  }
}
