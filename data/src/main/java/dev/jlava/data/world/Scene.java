package dev.jlava.data.world;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/// What a picture shows: a background and objects that do not overlap.
///
/// @param width in pixels
/// @param height in pixels
/// @param noise seed of the picture's shading, noise and colour jitter
public record Scene(
    int width, int height, Background background, long noise, List<SceneObject> objects) {
  private static final int HELD_OUT_ONE_IN = 16;

  public Scene {
    objects = List.copyOf(objects);
  }

  /// The longer side, by which sizes and distances are measured.
  public int longerSide() {
    return Math.max(width, height);
  }

  /// How many objects a condition holds for.
  public int count(Predicate<SceneObject> condition) {
    return Math.toIntExact(objects.stream().filter(condition).count());
  }

  /// The objects from left to right.
  public List<SceneObject> leftToRight() {
    return objects.stream().sorted(Comparator.comparingDouble(SceneObject::x)).toList();
  }

  /// The objects from top to bottom.
  public List<SceneObject> topToBottom() {
    return objects.stream().sorted(Comparator.comparingDouble(SceneObject::y)).toList();
  }

  /// Where the centre of an object lies, in thirds of the picture: `top left`, `middle`, `bottom`…
  public String place(SceneObject object) {
    String row = third(object.y() / height, "top", "bottom");
    String column = third(object.x() / width, "left", "right");
    String place = (row + " " + column).strip();
    return place.isEmpty() ? "middle" : place;
  }

  private static String third(double fraction, String low, String high) {
    return fraction < 1 / 3.0 ? low : fraction > 2 / 3.0 ? high : "";
  }

  /// Whether the scene belongs to evaluation. It follows from what can be said about the scene
  /// (background, objects and the ninth of the picture each lies in) and not from where or when it
  /// was made, so that no training set, whatever its seed, holds a scene like one asked about.
  public boolean heldOut() {
    CRC32 crc = new CRC32();
    crc.update(signature().getBytes(StandardCharsets.UTF_8));
    return crc.getValue() % HELD_OUT_ONE_IN == 0;
  }

  /// Background and sorted objects with their places: equal for scenes that look alike.
  public String signature() {
    return objects.stream()
        .map(object -> object.fullName() + " " + place(object))
        .sorted()
        .collect(Collectors.joining(", ", background.word() + ": ", ""));
  }
}
