package dev.jlava.data.batch;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Permutations by Fisher and Yates over SplitMix64 (Steele, Lea, Flood: Fast Splittable
/// Pseudorandom Number Generators), or none at all.
sealed interface Shuffler {
  /// An arrangement of `0 … count - 1`.
  int[] permutation(int count);

  /// The generator of one epoch.
  static Shuffler of(long seed, int epoch) {
    return new Chance(new SplittableRandom(1_000_003 * seed + epoch));
  }

  static Shuffler still() {
    return new Still();
  }

  /// The elements in the order of a permutation.
  default <T> List<T> shuffled(List<T> list) {
    return IntStream.of(permutation(list.size())).<T>mapToObj(list::get).toList();
  }

  /// Each call gives another permutation.
  record Chance(SplittableRandom random) implements Shuffler {
    @Override
    public int[] permutation(int count) {
      int[] result = IntStream.range(0, count).toArray();
      for (int i = count - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        int value = result[i];
        result[i] = result[other];
        result[other] = value;
      }
      return result;
    }
  }

  /// Leaves everything in its place.
  record Still() implements Shuffler {
    @Override
    public int[] permutation(int count) {
      return IntStream.range(0, count).toArray();
    }
  }
}
