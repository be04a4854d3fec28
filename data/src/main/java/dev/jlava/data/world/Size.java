package dev.jlava.data.world;

import java.util.Locale;

/// How big an object is, relative to the longer side of the picture: what stays true once the
/// picture is padded to a square and resized.
public enum Size {
  SMALL(0.25),
  LARGE(0.42);

  private final double fraction;

  Size(double fraction) {
    this.fraction = fraction;
  }

  /// Diameter divided by the longer side of the picture, before jitter.
  public double fraction() {
    return fraction;
  }

  /// The size's word.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
