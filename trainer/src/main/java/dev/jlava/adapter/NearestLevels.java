package dev.jlava.adapter;

import dev.jlava.engine.DynamicMap;

/// How bitsandbytes' CPU code finds the level of the dynamic 8-bit type that is nearest to a
/// number: looked up for places from -1 to 1.
final class NearestLevels {
  private static final int PLACES = 65536;

  private NearestLevels() {}

  /// The number of the level nearest to each place.
  static byte[] table() {
    float[] levels = DynamicMap.levels(true);
    byte[] table = new byte[PLACES];
    int right = 1;
    for (int i = 0; i < PLACES; i++) {
      float place = i / 32767.5f - 1;
      while (right < levels.length - 1 && levels[right] < place) {
        right++;
      }
      boolean nearer = Math.abs(levels[right] - place) < Math.abs(place - levels[right - 1]);
      table[i] = (byte) (nearer ? right : right - 1);
    }
    return table;
  }
}
