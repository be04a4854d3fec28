package dev.jlava.generate;

import dev.jlava.data.DataException;
import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.batch.Packing;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelException;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Decoding with a key-value cache: the next token, again and again.
public final class Generator {
  private final Engine engine;
  private final LanguageModel model;

  public Generator(Engine engine, LanguageModel model) {
    this.engine = engine;
    this.model = model;
  }

  /// The new ids after a prompt: at most `maxNewTokens`, and no more than the model has positions
  /// for.
  ///
  /// @param goesOn receives each new id; false ends the answer there
  /// @throws DataException where the prompt is longer than the model's positions
  public int[] generate(Prompt prompt, int maxNewTokens, Sampling sampling, IntPredicate goesOn) {
    PackedBatch next = batch(prompt);
    int room = Math.min(maxNewTokens, room(next.ids().length));
    Sampler sampler = new Sampler(sampling);
    IntStream.of(prompt.ids()).forEach(sampler::saw);
    IntStream.Builder found = IntStream.builder();
    try (Scope scope = new Scope();
        KeyValueCache cache =
            new KeyValueCache(
                engine.ops(scope),
                model.decoder().config(),
                model.type(),
                next.ids().length + room)) {
      boolean more = true;
      for (int i = 0; i < room && more; i++) {
        int id = next(next, cache, sampling, sampler);
        found.add(id);
        sampler.saw(id);
        more = goesOn.test(id);
        next = batch(Prompt.ofText(new int[] {id}));
      }
    }
    return found.build().toArray();
  }

  /// New tokens that fit behind a prompt; the last one needs no position of its own.
  private int room(int length) {
    int positions = model.decoder().config().maxPositionEmbeddings();
    if (length > positions) {
      throw new DataException(
          "the prompt is too long for the model (found "
              + length
              + " tokens, images included, allowed "
              + positions
              + ", max_position_embeddings of its config.json); shorten it or give fewer images");
    }
    return positions - length + 1;
  }

  private int next(PackedBatch batch, KeyValueCache cache, Sampling sampling, Sampler sampler) {
    try (Scope scope = new Scope()) {
      Tape tape = Tape.forwardOnly(engine.ops(scope));
      Tensor logits = model.logits(tape, batch, cache); // [1, V]
      int likeliest = tape.ops().argmax(logits);
      if (likeliest < 0) {
        throw new ModelException(
            "the model's logits are not numbers (found NaN after "
                + cache.length()
                + " tokens); its weights are broken, or precision is too low: try fp32");
      }
      boolean drawn = !sampling.greedy() || sampling.penalises();
      return drawn ? sampler.next(logits.floats()) : likeliest;
    }
  }

  private PackedBatch batch(Prompt prompt) {
    int[] labels = new int[prompt.ids().length];
    Arrays.fill(labels, Example.IGNORE);
    Example example = new Example("prompt", prompt.ids(), labels, prompt.images(), false);
    return Packing.pack(List.of(example), prompt.pixels(), model.tokensPerImage());
  }
}
