package dev.jlava.data.batch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Examples of random length with up to two images and random labels; the seed is part of every
/// failure's message.
final class RandomExamples {
  private final SplittableRandom random;

  RandomExamples(long seed) {
    this.random = new SplittableRandom(seed);
  }

  List<Example> list(int count) {
    return IntStream.range(0, count).mapToObj(i -> example("s" + i)).toList();
  }

  private Example example(String id) {
    int[] ids = random.ints(1 + random.nextInt(40), 0, 1000).toArray();
    int[] labels = ids.clone();
    List<Path> images = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      if (images.size() < 2 && random.nextInt(20) == 0) {
        ids[i] = Example.IMAGE;
        images.add(Path.of(id + "-" + images.size() + ".png"));
      }
      labels[i] = ids[i] == Example.IMAGE || random.nextBoolean() ? Example.IGNORE : ids[i];
    }
    return new Example(id, ids, labels, images, random.nextInt(10) == 0);
  }

  /// One number for each image of the examples, told by the file's name.
  static List<float[]> pixels(List<Example> examples) {
    return examples.stream().flatMap(e -> e.images().stream()).map(RandomExamples::pixels).toList();
  }

  static float[] pixels(Path image) {
    return new float[] {image.hashCode()};
  }

  static int[] concatenated(List<int[]> arrays) {
    return arrays.stream().flatMapToInt(Arrays::stream).toArray();
  }
}
