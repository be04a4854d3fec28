package dev.jlava.data.world;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// Draws scenes of one to three objects. In most scenes one shape or colour comes back several
/// times, so that counts up to three, and questions that need more than one attribute, are as
/// frequent as the easy ones.
final class SceneSampler {
  private static final int[][] CANVASES = {
    {96, 64}, {64, 96}, {80, 80}, {128, 96}, {96, 128}, {112, 80}, {72, 72}
  };
  private static final int MAX_OBJECTS = 3;
  private static final int PLACEMENT_ATTEMPTS = 40;
  private static final double REPEAT = 0.6;
  private static final double SIZE_JITTER = 0.06;
  private static final double GAP = 3;

  private final RandomGenerator random;

  SceneSampler(RandomGenerator random) {
    this.random = random;
  }

  /// The next scene that is wanted.
  Scene next(Predicate<Scene> wanted) {
    while (true) {
      int count = 1 + random.nextInt(MAX_OBJECTS);
      Optional<Scene> scene = Optional.empty();
      while (scene.isEmpty()) {
        scene = attempt(count);
      }
      if (wanted.test(scene.get())) {
        return scene.get();
      }
    }
  }

  private Optional<Scene> attempt(int count) {
    int[] canvas = pick(CANVASES);
    Theme theme = new Theme(pick(Shape.values()), pick(Colour.values()), random.nextInt(4));
    List<SceneObject> objects = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Optional<SceneObject> placed = place(canvas, theme, objects);
      if (placed.isEmpty()) {
        return Optional.empty();
      }
      objects.add(placed.get());
    }
    return Optional.of(
        new Scene(canvas[0], canvas[1], pick(Background.values()), random.nextLong(), objects));
  }

  private Optional<SceneObject> place(int[] canvas, Theme theme, List<SceneObject> others) {
    Shape shape = theme.repeatsShape() && repeat() ? theme.shape : pick(Shape.values());
    Colour colour = theme.repeatsColour() && repeat() ? theme.colour : pick(Colour.values());
    Size size = pick(Size.values());
    double jitter = 1 + SIZE_JITTER * (2 * random.nextDouble() - 1);
    double diameter = size.fraction() * Math.max(canvas[0], canvas[1]) * jitter;
    for (int attempt = 0; attempt < PLACEMENT_ATTEMPTS; attempt++) {
      double x = diameter / 2 + 1 + random.nextDouble() * (canvas[0] - diameter - 2);
      double y = diameter / 2 + 1 + random.nextDouble() * (canvas[1] - diameter - 2);
      SceneObject object = new SceneObject(shape, colour, size, x, y, diameter);
      if (others.stream().noneMatch(other -> other.touches(object, GAP))) {
        return Optional.of(object);
      }
    }
    return Optional.empty();
  }

  private boolean repeat() {
    return random.nextDouble() < REPEAT;
  }

  private <T> T pick(T[] values) {
    return Words.pick(values, random);
  }

  /// What comes back in a scene: nothing (0), a shape (1), a colour (2) or both (3).
  private record Theme(Shape shape, Colour colour, int repeated) {
    boolean repeatsShape() {
      return (repeated & 1) != 0;
    }

    boolean repeatsColour() {
      return (repeated & 2) != 0;
    }
  }
}
