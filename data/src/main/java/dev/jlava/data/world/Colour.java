package dev.jlava.data.world;

import java.util.Locale;

/// The colour of an object, with its sRGB value before jitter.
public enum Colour {
  RED(0xDC2828),
  GREEN(0x28A03C),
  BLUE(0x2850DC),
  YELLOW(0xF0DC28),
  PURPLE(0x8C32AA),
  BLACK(0x191919);

  private final int rgb;

  Colour(int rgb) {
    this.rgb = rgb;
  }

  /// 0xRRGGBB.
  public int rgb() {
    return rgb;
  }

  /// The colour's word.
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
