package dev.jlava.data.world;

/// One object of a scene.
///
/// @param x centre from the left edge, in pixels
/// @param y centre from the top edge, in pixels
/// @param diameter side of the square that encloses it, in pixels
public record SceneObject(
    Shape shape, Colour colour, Size size, double x, double y, double diameter) {

  /// `red circle`.
  public String name() {
    return colour.word() + " " + shape.word();
  }

  /// `large red circle`.
  public String fullName() {
    return size.word() + " " + name();
  }

  /// Whether a point lies in the enclosing square.
  boolean covers(double pointX, double pointY) {
    return Math.max(Math.abs(pointX - x), Math.abs(pointY - y)) < diameter / 2;
  }

  /// Whether the enclosing squares come closer than `gap` pixels.
  boolean touches(SceneObject other, double gap) {
    double reach = (diameter + other.diameter) / 2 + gap;
    return Math.abs(x - other.x) < reach && Math.abs(y - other.y) < reach;
  }
}
