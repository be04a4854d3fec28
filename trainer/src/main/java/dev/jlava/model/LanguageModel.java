package dev.jlava.model;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.List;
import java.util.stream.IntStream;

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
    int[] starts = batch.starts();
    int[] lengths = IntStream.range(1, starts.length).map(i -> starts[i] - starts[i - 1]).toArray();
    int[] ends = IntStream.range(1, starts.length).map(i -> starts[i] - 1).toArray();
    CachedAttention attention = new CachedAttention(ops, decoder.config(), caches, lengths);
    Tensor x = embed(tape, batch); // [T, D]
    Tensor last = ops.engine().indices(ops.scope(), ends);
    Tensor h = tape.run(decoder.norm(), tape.run(decoder.layers(attention, last), x)); // [N, D]
    attention.advance();
    return ops.toType(ops.product(h, decoder.head().value()), ScalarType.F32);
  }
}
