package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.model.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// A packed batch is its sequences: each sees itself alone.
final class PackedStepTest {
  /// fp32 rounding of sums in another order, relative to the largest element of a gradient.
  private static final double ROUNDING = 1e-5;

  @Test
  void lossAndGradientsArePackedWhatTheyAreAlone() {
    try (AdapterCase c = new AdapterCase()) {
      c.model.parts().stream()
          .map(Part::parameters)
          .flatMap(java.util.Collection::stream)
          .filter(p -> !p.name().startsWith("vision"))
          .forEach(p -> p.setTrained(true));
      int sequences = 0;
      for (int step = 0; step < 3; step++) {
        PackedBatch batch = c.batch(step);
        AdapterCase.Pass packed = c.pass(batch);
        AdapterCase.Pass alone = alone(c, batch);
        assertThat(packed.loss()).isCloseTo(alone.loss(), within(1e-6f * alone.loss()));
        assertThat(difference(packed, alone)).isLessThan(ROUNDING);
        sequences += batch.starts().length - 1;
      }
      assertThat(sequences).isEqualTo(12);
    }
  }

  /// The same stream as one sequence is something else: the test above can fail.
  @Test
  void sequencesThatSawEachOtherWouldBeSeen() {
    try (AdapterCase c = new AdapterCase()) {
      c.train(c.decoder);
      PackedBatch b = c.batch(0);
      PackedBatch joined =
          new PackedBatch(
              b.ids(),
              b.positions(),
              new int[] {0, b.ids().length},
              b.imageRows(),
              b.lossRows(),
              b.targets(),
              b.pixels(),
              b.sampleIds());
      assertThat(difference(c.pass(joined), alone(c, b))).isGreaterThan(100 * ROUNDING);
    }
  }

  private static AdapterCase.Pass alone(AdapterCase c, PackedBatch batch) {
    float loss = 0;
    Map<String, float[]> gradients = new TreeMap<>();
    for (int i = 0; i + 1 < batch.starts().length; i++) {
      AdapterCase.Pass pass = c.pass(sequence(batch, i, c.model.tokensPerImage()));
      loss += pass.loss();
      pass.gradients()
          .forEach((name, gradient) -> gradients.merge(name, gradient, PackedStepTest::sum));
    }
    return new AdapterCase.Pass(loss, gradients);
  }

  private static float[] sum(float[] a, float[] b) {
    float[] sum = new float[a.length];
    for (int i = 0; i < sum.length; i++) {
      sum[i] = a[i] + b[i];
    }
    return sum;
  }

  /// The largest difference of two gradients, over the largest element of the parameter's.
  private static double difference(AdapterCase.Pass found, AdapterCase.Pass expected) {
    assertThat(found.gradients()).hasSameSizeAs(expected.gradients());
    double worst = 0;
    for (Map.Entry<String, float[]> entry : expected.gradients().entrySet()) {
      float[] a = Objects.requireNonNull(found.gradients().get(entry.getKey()));
      float[] b = entry.getValue();
      double scale = IntStream.range(0, b.length).mapToDouble(i -> Math.abs(b[i])).max().orElse(0);
      assertThat(scale).as(entry.getKey()).isPositive();
      worst =
          IntStream.range(0, b.length)
              .mapToDouble(i -> Math.abs(a[i] - b[i]) / scale)
              .reduce(worst, Math::max);
    }
    return worst;
  }

  /// One sequence of a batch by itself.
  private static PackedBatch sequence(PackedBatch batch, int index, int tokensPerImage) {
    int from = batch.starts()[index];
    int to = batch.starts()[index + 1];
    List<float[]> pixels = new ArrayList<>();
    for (int image = 0; image < batch.pixels().size(); image++) {
      int row = batch.imageRows()[image * tokensPerImage];
      if (row >= from && row < to) {
        pixels.add(batch.pixels().get(image));
      }
    }
    int[] lossPlaces =
        IntStream.range(0, batch.lossRows().length)
            .filter(i -> batch.lossRows()[i] >= from && batch.lossRows()[i] < to)
            .toArray();
    return new PackedBatch(
        Arrays.copyOfRange(batch.ids(), from, to),
        Arrays.copyOfRange(batch.positions(), from, to),
        new int[] {0, to - from},
        IntStream.of(batch.imageRows())
            .filter(r -> r >= from && r < to)
            .map(r -> r - from)
            .toArray(),
        IntStream.of(lossPlaces).map(i -> batch.lossRows()[i] - from).toArray(),
        IntStream.of(lossPlaces).map(i -> batch.targets()[i]).toArray(),
        pixels,
        batch.sampleIds().subList(index, index + 1));
  }
}
