package dev.jlava.model.export;

import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.batch.Packing;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.VisionLanguageModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// A fixed prompt, with an image where the model sees images, by whose logits two models are
/// compared.
record Probe(int[] ids, List<float[]> pixels) {
  private static final int TEXT = 12;

  /// The prompt for models like this one: ids all over its vocabulary, an image of waves.
  static Probe of(LanguageModel model) {
    int vocabulary = model.decoder().config().vocabSize();
    int[] ids = new int[TEXT];
    for (int i = 0; i < TEXT; i++) {
      ids[i] = (int) ((1 + 7919L * i) % vocabulary);
    }
    return switch (model) {
      case VisionLanguageModel seeing -> {
        ids[TEXT / 2] = Example.IMAGE;
        yield new Probe(ids, List.of(waves(seeing.vision().config().imageSize())));
      }
      default -> new Probe(ids, List.of());
    };
  }

  private static float[] waves(int side) {
    float[] pixels = new float[3 * side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (Math.sin(0.1 * (i % side)) + Math.cos(0.07 / side * i));
    }
    return pixels;
  }

  /// Next-token logits [V] after the prompt.
  float[] logits(Engine engine, LanguageModel model) {
    int[] labels = new int[ids.length];
    Arrays.fill(labels, Example.IGNORE);
    List<Path> images = pixels.stream().map(_ -> Path.of("waves")).toList();
    Example example = new Example("probe", ids, labels, images, false);
    PackedBatch batch = Packing.pack(List.of(example), pixels, model.tokensPerImage());
    try (Scope scope = new Scope();
        KeyValueCache cache =
            new KeyValueCache(
                engine.ops(scope), model.decoder().config(), model.type(), batch.ids().length)) {
      return model.logits(Tape.forwardOnly(engine.ops(scope)), batch, List.of(cache)).floats();
    }
  }
}
