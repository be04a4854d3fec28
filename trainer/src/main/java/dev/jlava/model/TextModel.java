package dev.jlava.model;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.List;

/// A decoder by itself, which reads text only.
///
/// @param type dtype of weights and activations
public record TextModel(LlamaDecoder decoder, ScalarType type) implements LanguageModel {
  @Override
  public List<Part> parts() {
    return List.of(decoder.part());
  }

  @Override
  public int tokensPerImage() {
    return 0;
  }

  @Override
  public Tensor embed(Tape tape, PackedBatch batch) {
    if (!batch.pixels().isEmpty()) {
      throw new ModelException(
          "the model sees no images (found "
              + batch.pixels().size()
              + ", expected none: it is a decoder without a vision tower); ask without them");
    }
    Ops ops = tape.ops();
    return ops.rows(decoder.embedding().value(), ops.engine().indices(ops.scope(), batch.ids()));
  }
}
