package dev.jlava.model;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.List;

/// A model that continues prompts: a decoder by itself, or one behind a vision tower and a
/// projector.
public sealed interface LanguageModel permits TextModel, VisionLanguageModel {
  LlamaDecoder decoder();

  /// The dtype of weights and activations.
  ScalarType type();

  /// The parts that the model is made of.
  List<Part> parts();

  /// Positions that one image takes in the decoder; 0 where the model sees no images.
  int tokensPerImage();

  /// What the decoder's first layer reads: [T, D].
  Tensor embed(Tape tape, PackedBatch batch);

  /// Next-token logits [N, V] in fp32 after the new positions of N sequences, which join the
  /// sequences' caches.
  default Tensor logits(Tape tape, PackedBatch batch, List<KeyValueCache> caches) {
    Ops ops = tape.ops();
    LlamaDecoder decoder = decoder();
    CachedAttention attention = new CachedAttention(ops, decoder.config(), caches, batch);
    Tensor x = embed(tape, batch); // [T, D]
    Tensor h = tape.run(decoder.layers(attention, attention.last()), x); // [N, D]
    h = tape.run(decoder.norm(), h);
    attention.advance();
    return ops.toType(ops.product(h, decoder.head().value()), ScalarType.F32);
  }
}
