package dev.jlava.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.testing.Golden;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// All layers in one call against layer by layer.
final class DecoderCallTest {
  private static final int LENGTH = 80;

  @ParameterizedTest
  @CsvSource({"F32, 1e-5", "BF16, 0.02"})
  void readsWhatTheLayersRead(ScalarType type, float tolerance) {
    try (SmallModel small = new SmallModel()) {
      VisionLanguageModel model = small.load(Golden.path("llava/hf"), type);
      DecoderCall call = DecoderCall.of(model).orElseThrow();
      int[] ids = IntStream.range(0, LENGTH).map(i -> 1 + i % 7).toArray();
      PackedBatch prompt = TextOnly.prompt(ids);
      PackedBatch token = TextOnly.prompt(new int[] {5});
      Ops ops = small.engine.ops(small.scope);
      try (Scope caches = new Scope();
          KeyValueCache one = cache(small, model);
          KeyValueCache other = cache(small, model)) {
        Ops inside = ops.in(caches);
        for (PackedBatch batch : List.of(prompt, token)) {
          float[] found = call.logits(inside, batch, List.of(one)).floats();
          float[] expected = model.logits(Tape.forwardOnly(inside), batch, List.of(other)).floats();
          assertThat(difference(found, expected)).isLessThan(tolerance * largest(expected));
        }
        assertThat(one.length()).isEqualTo(other.length()).isEqualTo(LENGTH + 1);
      }
    }
  }

  private static KeyValueCache cache(SmallModel small, VisionLanguageModel model) {
    return new KeyValueCache(
        small.engine.ops(small.scope), model.decoder().config(), model.type(), LENGTH + 1);
  }

  private static double difference(float[] xs, float[] ys) {
    return IntStream.range(0, xs.length)
        .mapToDouble(i -> Math.abs(xs[i] - ys[i]))
        .max()
        .orElseThrow();
  }

  private static double largest(float[] xs) {
    return difference(xs, new float[xs.length]);
  }
}
