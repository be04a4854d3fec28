package dev.jlava.data.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Puts examples back to back into the flat stream of a [PackedBatch].
public final class Packing {
  private final int tokensPerImage;
  private final IntStream.Builder ids = IntStream.builder();
  private final IntStream.Builder positions = IntStream.builder();
  private final IntStream.Builder starts = IntStream.builder().add(0);
  private final IntStream.Builder imageRows = IntStream.builder();
  private final IntStream.Builder lossRows = IntStream.builder();
  private final IntStream.Builder targets = IntStream.builder();
  private final List<String> sampleIds = new ArrayList<>();
  private int length;

  private Packing(int tokensPerImage) {
    this.tokensPerImage = tokensPerImage;
  }

  /// One micro-batch.
  ///
  /// @param pixels one array for each image of the examples, in order
  public static PackedBatch pack(List<Example> examples, List<float[]> pixels, int tokensPerImage) {
    Packing packing = new Packing(tokensPerImage);
    examples.forEach(packing::add);
    return new PackedBatch(
        packing.ids.build().toArray(),
        packing.positions.build().toArray(),
        packing.starts.build().toArray(),
        packing.imageRows.build().toArray(),
        packing.lossRows.build().toArray(),
        packing.targets.build().toArray(),
        List.copyOf(pixels),
        List.copyOf(packing.sampleIds));
  }

  private void add(Example example) {
    check(example);
    int first = length;
    for (int i = 0; i < example.ids().length; i++) {
      int label = example.labels()[i];
      if (label != Example.IGNORE && i > 0) {
        // The row before predicts this token.
        lossRows.add(length - 1);
        targets.add(label);
      }
      boolean image = example.ids()[i] == Example.IMAGE;
      for (int k = 0; k < (image ? tokensPerImage : 1); k++) {
        if (image) {
          imageRows.add(length);
        }
        ids.add(example.ids()[i]);
        positions.add(length - first);
        length++;
      }
    }
    starts.add(length);
    sampleIds.add(example.id());
  }

  private static void check(Example example) {
    long marks = IntStream.of(example.ids()).filter(id -> id == Example.IMAGE).count();
    if (marks != example.images().size() || example.ids().length != example.labels().length) {
      throw new IllegalArgumentException(
          "sample '%s' has %d ids, %d labels, %d image marks and %d images"
              .formatted(
                  example.id(),
                  example.ids().length,
                  example.labels().length,
                  marks,
                  example.images().size()));
    }
  }
}
