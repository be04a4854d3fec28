package dev.jlava.data.world;

import java.util.Locale;

/// The outline of an object.
public enum Shape {
  CIRCLE(0),
  SQUARE(4),
  TRIANGLE(3),
  STAR(10);

  private final int sides;

  Shape(int sides) {
    this.sides = sides;
  }

  /// Straight sides; none for the circle.
  public int sides() {
    return sides;
  }

  /// The word for one of them.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// The word for `count` of them.
  public String word(int count) {
    return count == 1 ? word() : word() + "s";
  }
}
