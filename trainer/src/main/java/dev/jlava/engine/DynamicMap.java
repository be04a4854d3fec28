package dev.jlava.engine;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/// The 256 levels of the dynamic 8-bit type (Dettmers 2016; bitsandbytes' `create_dynamic_map`):
/// seven decades below 1, each with twice the levels of the one beneath; and what finds the level
/// nearest to a number without a search.
///
/// @param levels [256] ascending
/// @param bounds [256] the middle between a level and the next; infinite for the last
/// @param lowest [65536] I32: by the upper 16 bits of an fp32 number, the level nearest to the
///   smallest number with these bits. No two bounds share them, so the level sought is this or the
///   next.
public record DynamicMap(Tensor levels, Tensor bounds, Tensor lowest) {
  private static final int DECADES = 7;

  /// Levels from -1 to 1.
  public static DynamicMap signed(Engine engine, Scope scope) {
    return of(engine, scope, levels(true));
  }

  /// Levels from 0 to 1, twice as fine.
  public static DynamicMap unsigned(Engine engine, Scope scope) {
    return of(engine, scope, levels(false));
  }

  private static DynamicMap of(Engine engine, Scope scope, float[] levels) {
    float[] bounds = new float[levels.length];
    for (int i = 0; i + 1 < levels.length; i++) {
      bounds[i] = (levels[i] + levels[i + 1]) / 2;
    }
    bounds[levels.length - 1] = Float.POSITIVE_INFINITY;
    int[] lowest = new int[1 << 16];
    Arrays.setAll(lowest, bits -> nearest(bounds, smallest(bits)));
    return new DynamicMap(
        engine.tensor(scope, levels, levels.length),
        engine.tensor(scope, bounds, bounds.length),
        engine.copied(scope, MemorySegment.ofArray(lowest), ScalarType.I32, lowest.length));
  }

  private static float smallest(int upperBits) {
    boolean negative = upperBits >= 1 << 15;
    float number = Float.intBitsToFloat(upperBits << 16 | (negative ? 0xffff : 0));
    return Float.isNaN(number) ? 0 : number;
  }

  private static int nearest(float[] bounds, float number) {
    int level = 0;
    while (number > bounds[level]) {
      level++;
    }
    return level;
  }

  /// The 256 levels, ascending.
  ///
  /// @param signed from -1 to 1, or from 0 to 1 and twice as fine
  public static float[] levels(boolean signed) {
    float[] levels = new float[256];
    int next = 2; // 0 and 1 come with no decade
    levels[1] = 1;
    for (int i = 0; i < DECADES; i++) {
      int count = 1 << (signed ? i : i + 1);
      float decade = (float) Math.pow(10, i - DECADES + 1);
      for (int k = 0; k < count; k++) {
        float level = decade * ((edge(k, count) + edge(k + 1, count)) / 2);
        levels[next++] = level;
        if (signed) {
          levels[next++] = -level;
        }
      }
    }
    Arrays.sort(levels);
    return levels;
  }

  /// `torch.linspace(0.1, 1, count + 1)[k]` in fp32: from both ends to the middle, each product and
  /// sum rounded once.
  private static float edge(int k, int count) {
    float step = (1 - 0.1f) / count;
    return k < (count + 1) / 2 ? Math.fma(step, k, 0.1f) : Math.fma(-step, count - k, 1);
  }

  List<Tensor> tensors() {
    return List.of(levels, bounds, lowest);
  }
}
