package dev.jlava.generate;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.model.DecoderCall;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.LanguageModel;
import java.util.List;
import java.util.Optional;

/// What a model says comes next: all layers in one call where its weights are plain, otherwise
/// layer by layer.
final class NextTokens {
  private final Engine engine;
  private final LanguageModel model;
  private final Optional<DecoderCall> call;

  /// Valid while the model's weights stay where they are.
  NextTokens(Engine engine, LanguageModel model) {
    this.engine = engine;
    this.model = model;
    this.call = DecoderCall.of(model);
  }

  /// Logits [N, V] in fp32 after the new positions of N sequences, which join the sequences'
  /// caches.
  Tensor logits(Scope scope, PackedBatch batch, List<KeyValueCache> caches) {
    Ops ops = engine.ops(scope);
    return call.isPresent()
        ? call.get().logits(ops, batch, caches)
        : model.logits(Tape.forwardOnly(ops), batch, caches);
  }
}
