package dev.jlava.model;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.ScalarType;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// A decoder as a vision-language model that never sees an image.
final class TextOnly {
  private TextOnly() {}

  static VisionLanguageModel model(LlamaDecoder decoder) {
    VisionConfig none = new VisionConfig(true, 8, 8, 0, 1, 8, 8, 1e-5, "gelu");
    return new VisionLanguageModel(
        new VisionTransformer(none, new Part("vision", Map.of())),
        new Projector(new Part("projector", Map.of()), 0, "gelu"),
        decoder,
        new VisionFeatures(-1, false),
        ScalarType.F32);
  }

  /// One sequence without targets.
  static PackedBatch prompt(int[] ids) {
    int[] none = new int[0];
    int[] positions = IntStream.range(0, ids.length).toArray();
    int[] starts = {0, ids.length};
    return new PackedBatch(ids, positions, starts, none, none, none, List.of(), List.of("prompt"));
  }
}
