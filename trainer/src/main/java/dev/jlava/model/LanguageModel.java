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

  /// Next-token logits [1, V] in fp32 after a sequence's new positions, which join the cache.
  default Tensor logits(Tape tape, PackedBatch batch, KeyValueCache cache) {
    Ops ops = tape.ops();
    LlamaDecoder decoder = decoder();
    int count = batch.ids().length;
    cache.next(ops, count);
    Tensor x = embed(tape, batch); // [T, D]
    Tensor last = ops.engine().indices(ops.scope(), new int[] {count - 1});
    Tensor h = tape.run(decoder.norm(), tape.run(decoder.layers(cache, last), x)); // [1, D]
    cache.advance(count);
    return ops.toType(ops.linear(h, decoder.head().value()), ScalarType.F32);
  }
}
