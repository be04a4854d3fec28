package dev.jlava.generate;

import dev.jlava.data.DataException;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.model.DecodeStep;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Decoding with key-value caches: the next token of every sequence, again and again. The prompts
/// of a call are read without padding, what they begin with alike is read once, and a sequence that
/// has ended takes no part any more. Greedily, a sequence comes out the same whatever it is decoded
/// with.
public final class Generator {
  private final Engine engine;
  private final LanguageModel model;
  private final Optional<DecodeStep> step;

  /// Valid while the model's weights stay where they are.
  public Generator(Engine engine, LanguageModel model) {
    this.engine = engine;
    this.model = model;
    this.step = DecodeStep.of(engine, model);
  }

  /// One sequence to generate.
  ///
  /// @param goesOn receives each new id; false ends the sequence there
  public record Request(Prompt prompt, int maxNewTokens, Sampling sampling, IntPredicate goesOn) {}

  /// The new ids after a prompt: at most `maxNewTokens`, and no more than the model has positions
  /// for.
  ///
  /// @throws DataException where the prompt is longer than the model's positions
  public int[] generate(Request request) {
    return generate(List.of(request)).getFirst();
  }

  /// The new ids after each of several prompts.
  ///
  /// @throws DataException where a prompt is longer than the model's positions
  public List<int[]> generate(List<Request> requests) {
    List<Growing> all = new ArrayList<>();
    try {
      requests.forEach(request -> all.add(new Growing(request)));
      new Prefill(engine, model)
          .read(
              all.stream().map(Growing::prompted).toList(),
              (logits, places) -> take(logits, places.stream().map(all::get).toList()));
      for (List<Growing> left = left(all); !left.isEmpty(); left = left(left)) {
        try (Scope scope = new Scope()) {
          take(decode(scope, left), left);
        }
      }
      return all.stream().map(Growing::found).toList();
    } finally {
      all.forEach(one -> one.cache.close());
    }
  }

  private static List<Growing> left(List<Growing> growing) {
    return growing.stream().filter(one -> one.more).toList();
  }

  /// Logits [N, V] behind each sequence's newest token.
  private Tensor decode(Scope scope, List<Growing> growing) {
    int[] ids = growing.stream().mapToInt(Growing::newest).toArray();
    List<KeyValueCache> caches = growing.stream().map(one -> one.cache).toList();
    return step.isPresent()
        ? step.get().logits(engine.ops(scope), ids, caches)
        : model.logits(Tape.forwardOnly(engine.ops(scope)), Prefill.tokens(ids), caches);
  }

  /// Chooses each sequence's next token by its row of logits [N, V].
  private void take(Tensor logits, List<Growing> growing) {
    try (Scope scope = new Scope()) {
      int[] likeliest = engine.ops(scope).argmax(logits);
      boolean drawn = growing.stream().anyMatch(Growing::draws);
      float[] scores = drawn ? logits.floats() : new float[0];
      int vocabulary = (int) logits.size(1);
      for (int i = 0; i < growing.size(); i++) {
        Growing one = growing.get(i);
        if (likeliest[i] < 0) {
          throw new ModelException(
              "the model's logits are not numbers (found NaN after "
                  + one.cache.length()
                  + " tokens); its weights are broken, or precision is too low: try fp32");
        }
        int from = i * vocabulary;
        one.add(
            one.draws()
                ? one.sampler.next(Arrays.copyOfRange(scores, from, from + vocabulary))
                : likeliest[i]);
      }
    }
  }

  /// A sequence as it grows.
  private final class Growing {
    private final Request request;
    private final int room;
    private final KeyValueCache cache;
    private final Sampler sampler;
    private final IntStream.Builder found = IntStream.builder();
    private int count;
    private int newest;
    private boolean more = true;

    Growing(Request request) {
      this.request = request;
      int length = request.prompt().length(model.tokensPerImage());
      this.room = Math.min(request.maxNewTokens(), room(length));
      try (Scope scope = new Scope()) {
        this.cache =
            new KeyValueCache(
                engine.ops(scope), model.decoder().config(), model.type(), length + room);
      }
      this.sampler = new Sampler(request.sampling());
      IntStream.of(request.prompt().ids()).forEach(sampler::saw);
    }

    Prefill.Prompted prompted() {
      return new Prefill.Prompted(request.prompt(), cache);
    }

    boolean draws() {
      return !request.sampling().greedy() || request.sampling().penalises();
    }

    void add(int id) {
      found.add(id);
      sampler.saw(id);
      newest = id;
      count++;
      more = request.goesOn().test(id) && count < room;
      if (!more) {
        cache.close();
      }
    }

    int newest() {
      return newest;
    }

    int[] found() {
      return found.build().toArray();
    }
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
}
