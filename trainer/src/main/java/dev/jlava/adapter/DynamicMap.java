package dev.jlava.adapter;

import java.util.Arrays;

/// The 8-bit dynamic data type (Dettmers 2016; bitsandbytes' `create_dynamic_map`): a sign, an
/// exponent of a length of its own, a fraction; 256 values from -0.993 to 1, sorted.
final class DynamicMap {
  static final int SIZE = 256;

  private static final int EXPONENTS = 7;

  /// Places from -1 to 1 for which bitsandbytes' CPU code looks up the nearest value beforehand.
  private static final int PLACES = 65536;

  private DynamicMap() {}

  /// The value of each code.
  static float[] values() {
    float[] values = new float[SIZE];
    int next = 0;
    for (int i = 0; i < EXPONENTS; i++) {
      float power = (float) Math.pow(10, i - (EXPONENTS - 1));
      float[] ends = linspace(0.1f, 1, (1 << i) + 1);
      for (int k = 0; k + 1 < ends.length; k++) {
        float value = power * ((ends[k] + ends[k + 1]) / 2);
        values[next++] = value;
        values[next++] = -value;
      }
    }
    values[next++] = 0;
    values[next] = 1;
    Arrays.sort(values);
    return values;
  }

  /// `torch.linspace` in fp32: from both ends to the middle, each product and sum rounded once.
  private static float[] linspace(float start, float end, int steps) {
    float step = (end - start) / (steps - 1);
    float[] all = new float[steps];
    for (int i = 0; i < steps; i++) {
      all[i] = i < steps / 2 ? Math.fma(step, i, start) : Math.fma(-step, steps - 1 - i, end);
    }
    return all;
  }

  /// The code of the value nearest to each place.
  static byte[] table() {
    float[] values = values();
    byte[] table = new byte[PLACES];
    int right = 1;
    for (int i = 0; i < PLACES; i++) {
      float place = i / 32767.5f - 1;
      while (right < SIZE - 1 && values[right] < place) {
        right++;
      }
      boolean nearer = Math.abs(values[right] - place) < Math.abs(place - values[right - 1]);
      table[i] = (byte) (nearer ? right : right - 1);
    }
    return table;
  }
}
