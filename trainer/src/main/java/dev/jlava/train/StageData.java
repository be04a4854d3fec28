package dev.jlava.train;

import dev.jlava.data.DataException;
import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.batch.Packing;
import dev.jlava.data.conversation.SampleEncoder;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.source.Sample;
import dev.jlava.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// The steps of a stage: which samples each one takes, and their micro-batches. A pure function of
/// the data, the seed and the step, so that a resumed run sees what the straight one sees.
final class StageData {
  private final List<Sample> samples;
  private final SampleEncoder encoder;
  private final ImageProcessor images;
  private final Recipe.Batch batch;
  private final boolean shuffle;
  private final long seed;
  private final int tokensPerImage;

  StageData(
      List<Sample> samples,
      SampleEncoder encoder,
      ImageProcessor images,
      Recipe.Stage stage,
      long seed,
      int tokensPerImage) {
    this.samples = List.copyOf(samples);
    this.encoder = encoder;
    this.images = images;
    this.batch = stage.batch();
    this.shuffle = stage.order().shuffle();
    this.seed = seed;
    this.tokensPerImage = tokensPerImage;
  }

  /// What one optimizer step reads.
  record Step(List<PackedBatch> microBatches, int samples, int truncated) {}

  int stepsPerEpoch() {
    return Math.ceilDiv(samples.size(), batch.size());
  }

  /// The step with that index, counted from the stage's start.
  Step step(int index) {
    int[] order = order(index / stepsPerEpoch());
    int from = index % stepsPerEpoch() * batch.size();
    int to = Math.min(order.length, from + batch.size());
    List<Example> examples = new ArrayList<>();
    for (int i = from; i < to; i++) {
      examples.add(encoder.encode(samples.get(order[i])));
    }
    List<PackedBatch> microBatches = new ArrayList<>();
    for (List<Example> part : split(examples)) {
      microBatches.add(pack(part));
    }
    int truncated = (int) examples.stream().filter(Example::truncated).count();
    return new Step(microBatches, to - from, truncated);
  }

  /// The order of an epoch: the files' own, or a Fisher-Yates shuffle from seed and epoch.
  private int[] order(int epoch) {
    int[] order = new int[samples.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    if (shuffle) {
      SplittableRandom random = new SplittableRandom(seed * 31 + epoch);
      for (int i = order.length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int other = order[i];
        order[i] = order[j];
        order[j] = other;
      }
    }
    return order;
  }

  /// Consecutive examples together, up to the samples or tokens of a micro-batch.
  private List<List<Example>> split(List<Example> examples) {
    List<List<Example>> parts = new ArrayList<>();
    int tokens = 0;
    for (Example example : examples) {
      int length = example.length(tokensPerImage);
      int count = parts.isEmpty() ? 0 : parts.getLast().size();
      boolean full =
          batch.microSize().isPresent()
              ? count >= batch.microSize().get()
              : tokens + length > batch.microTokens().orElseThrow();
      if (parts.isEmpty() || full) {
        parts.add(new ArrayList<>());
        tokens = 0;
      }
      parts.getLast().add(example);
      tokens += length;
    }
    return parts;
  }

  private PackedBatch pack(List<Example> examples) {
    List<float[]> pixels = new ArrayList<>();
    for (Example example : examples) {
      for (Path image : example.images()) {
        try {
          pixels.add(images.process(image));
        } catch (DataException e) {
          throw new DataException("sample '" + example.id() + "': " + e.getMessage(), e);
        }
      }
    }
    return Packing.pack(examples, pixels, tokensPerImage);
  }
}
