package dev.jlava.generate;

import dev.jlava.data.DataException;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Decoding with key-value caches: the next token of every sequence, again and again. Prompts are
/// read without padding, what neighbours begin with alike is read once, and where a sequence has
/// ended, the next one takes its place. Greedily, a sequence comes out the same whatever it is
/// decoded with.
public final class Generator {
  private final Engine engine;
  private final LanguageModel model;
  private final NextTokens next;

  /// Valid while the model's weights stay where they are.
  public Generator(Engine engine, LanguageModel model) {
    this.engine = engine;
    this.model = model;
    this.next = new NextTokens(engine, model);
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

  /// The new ids after each of several prompts, all at once.
  ///
  /// @throws DataException where a prompt is longer than the model's positions
  public List<int[]> generate(List<Request> requests) {
    int[][] found = new int[requests.size()][];
    generate(requests.iterator(), requests.size(), one -> found[one.place()] = one.ids());
    return List.of(found);
  }

  /// What came of a request.
  ///
  /// @param place among the requests, from 0
  /// @param seconds its share: the time of each step over the sequences that took part in it
  public record Generated(int place, int[] ids, double seconds) {}

  /// Generates for requests, which are taken one by one as there is room for them.
  ///
  /// @param width most sequences at once
  /// @param ended receives each as soon as it has ended
  /// @throws DataException where a prompt is longer than the model's positions
  public void generate(Iterator<Request> requests, int width, Consumer<Generated> ended) {
    List<Growing> growing = new ArrayList<>();
    try (Prefill prefill = new Prefill(engine, model, next)) {
      int place = 0;
      while (requests.hasNext() || !growing.isEmpty()) {
        List<Growing> fresh = new ArrayList<>();
        while (growing.size() < width && requests.hasNext()) {
          fresh.add(new Growing(place++, requests.next()));
          growing.add(fresh.getLast());
        }
        step(
            fresh.isEmpty() ? growing : fresh,
            () -> {
              if (fresh.isEmpty()) {
                decode(growing);
              } else {
                read(prefill, fresh, requests.hasNext());
              }
            });
        growing.stream().filter(one -> !one.more).map(Growing::generated).forEach(ended);
        growing.removeIf(one -> !one.more);
      }
    } finally {
      growing.forEach(one -> one.cache.close());
    }
  }

  /// Shares the time of a step out among the sequences that take part in it.
  private static void step(List<Growing> taking, Runnable step) {
    long start = System.nanoTime();
    step.run();
    double share = (System.nanoTime() - start) / 1e9 / taking.size();
    taking.forEach(one -> one.seconds += share);
  }

  private void read(Prefill prefill, List<Growing> fresh, boolean more) {
    prefill.read(
        fresh.stream().map(Growing::prompted).toList(),
        more,
        (logits, places) -> take(logits, places.stream().map(fresh::get).toList()));
  }

  /// One more token of each sequence.
  private void decode(List<Growing> growing) {
    int[] ids = growing.stream().mapToInt(Growing::newest).toArray();
    List<KeyValueCache> caches = growing.stream().map(one -> one.cache).toList();
    try (Scope scope = new Scope()) {
      take(next.logits(scope, Prefill.tokens(ids), caches), growing);
    }
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
    private final int place;
    private final Request request;
    private final int room;
    private final KeyValueCache cache;
    private final Sampler sampler;
    private final IntStream.Builder found = IntStream.builder();
    private double seconds;
    private int count;
    private int newest;
    private boolean more = true;

    Growing(int place, Request request) {
      this.place = place;
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

    Generated generated() {
      return new Generated(place, found.build().toArray(), seconds);
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
