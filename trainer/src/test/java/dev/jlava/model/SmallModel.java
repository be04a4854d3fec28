package dev.jlava.model;

import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// An engine with models in it, asked about one prompt with the golden LLaVA's first image.
final class SmallModel implements AutoCloseable {
  private static final float[] PIXELS =
      Golden.tensors("llava/golden.safetensors").floats("pixel_values");

  final Engine engine = Engine.start(new Device.Cpu(), 1);
  final Scope scope = new Scope();

  ModelParts parts(ScalarType type) {
    return new ModelParts(new PartLoader(engine, scope, type));
  }

  VisionLanguageModel load(Path directory, ScalarType type) {
    return LlavaDirectory.open(directory).load(engine, scope, type);
  }

  /// Next-token logits [V] after `1 2 <image> 3 4`.
  float[] logits(VisionLanguageModel model) {
    int image = model.tokensPerImage();
    int[] ids = new int[4 + image];
    Arrays.fill(ids, Example.IMAGE);
    ids[0] = 1;
    ids[1] = 2;
    ids[ids.length - 2] = 3;
    ids[ids.length - 1] = 4;
    PackedBatch batch =
        new PackedBatch(
            ids,
            IntStream.range(0, ids.length).toArray(),
            new int[] {0, ids.length},
            IntStream.range(2, 2 + image).toArray(),
            new int[0],
            new int[0],
            List.of(Arrays.copyOf(PIXELS, PIXELS.length / 3)),
            List.of("one"));
    try (Scope step = new Scope();
        KeyValueCache cache =
            new KeyValueCache(
                engine.ops(step), model.decoder().config(), model.type(), ids.length)) {
      return model.logits(Tape.forwardOnly(engine.ops(step)), batch, List.of(cache)).floats();
    }
  }

  static GoldenTensors written(Path directory) {
    return GoldenTensors.read(directory.resolve("model.safetensors"));
  }

  @Override
  public void close() {
    scope.close();
    engine.close();
  }
}
