package dev.jlava.data.world;

import java.util.Locale;

/// The colour behind the objects, light enough that every [Colour] stands out.
public enum Background {
  GREY(0x9A9AA0),
  PINK(0xF0C0CC),
  TAN(0xD8C4A0),
  MINT(0xB4E0CC);

  private final int rgb;

  Background(int rgb) {
    this.rgb = rgb;
  }

  /// 0xRRGGBB.
  public int rgb() {
    return rgb;
  }

  /// The background's word.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
