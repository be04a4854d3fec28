package dev.jlava.generate;

import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.batch.Packing;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.LanguageModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/// Reads prompts into their caches, several as one stream. Prompts about the same images share what
/// they begin with, up to the last image: the first reads it, the others copy its keys and values,
/// also those of the next calls that follow on it.
final class Prefill implements AutoCloseable {
  /// Positions of one stream; a longer prompt is a stream of its own.
  private static final int STREAM = 8192;

  private final Engine engine;
  private final LanguageModel model;
  private final NextTokens next;
  private Optional<Kept> kept = Optional.empty();

  Prefill(Engine engine, LanguageModel model, NextTokens next) {
    this.engine = engine;
    this.model = model;
    this.next = next;
  }

  /// A prompt and its empty cache.
  record Prompted(Prompt prompt, KeyValueCache cache) {}

  /// New positions of one sequence.
  ///
  /// @param place of its prompt among all
  private record Piece(int place, Prompt part, KeyValueCache cache) {}

  /// What a prompt begins with: ids up to the last image's mark, and the images.
  private record Beginning(List<Path> images, List<Integer> ids) {
    /// None where there is no image, or nothing behind the last one.
    static Optional<Beginning> of(Prompt prompt) {
      int end = prompt.afterImages();
      return end == 0 || end == prompt.ids().length
          ? Optional.empty()
          : Optional.of(
              new Beginning(prompt.images(), Arrays.stream(prompt.ids(), 0, end).boxed().toList()));
    }
  }

  /// The beginning of the prompt that was read last.
  private record Kept(Beginning beginning, KeyValueCache cache) {}

  /// Reads them.
  ///
  /// @param more whether other calls follow
  /// @param logits receives logits [N, V] behind N of the prompts and these prompts' places, until
  ///   every prompt has come once
  void read(List<Prompted> prompts, boolean more, BiConsumer<Tensor, List<Integer>> logits) {
    beginnings(prompts);
    List<Piece> rest = new ArrayList<>();
    for (int place = 0; place < prompts.size(); place++) {
      Prompted one = prompts.get(place);
      int start = one.cache().length() == 0 ? 0 : one.prompt().afterImages();
      rest.add(new Piece(place, one.prompt().from(start), one.cache()));
    }
    streams(
        rest,
        (found, places) -> {
          if (more && places.contains(prompts.size() - 1)) {
            keep(prompts.getLast());
          }
          logits.accept(found, places);
        });
  }

  /// Puts what several prompts begin with into their caches, from one of them or from what is kept.
  private void beginnings(List<Prompted> prompts) {
    Map<Beginning, List<Prompted>> groups = new LinkedHashMap<>();
    for (Prompted one : prompts) {
      Beginning.of(one.prompt())
          .ifPresent(key -> groups.computeIfAbsent(key, k -> new ArrayList<>()).add(one));
    }
    kept.map(Kept::beginning)
        .map(groups::remove)
        .ifPresent(group -> copy(kept.orElseThrow().cache(), group));
    groups.values().removeIf(group -> group.size() == 1);
    List<Piece> leaders = new ArrayList<>();
    for (List<Prompted> group : groups.values()) {
      Prompt prompt = group.getFirst().prompt();
      Prompt beginning = prompt.until(prompt.afterImages());
      leaders.add(new Piece(leaders.size(), beginning, group.getFirst().cache()));
    }
    streams(leaders, (_, _) -> {});
    groups
        .values()
        .forEach(group -> copy(group.getFirst().cache(), group.subList(1, group.size())));
  }

  private void copy(KeyValueCache from, List<Prompted> to) {
    try (Scope scope = new Scope()) {
      to.forEach(one -> one.cache().copyFrom(engine.ops(scope), from, from.length()));
    }
  }

  private void keep(Prompted last) {
    Optional<Beginning> beginning = Beginning.of(last.prompt());
    if (beginning.isEmpty() || beginning.equals(kept.map(Kept::beginning))) {
      return;
    }
    close();
    int end = last.prompt().afterImages();
    int length = last.prompt().until(end).length(model.tokensPerImage());
    try (Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      KeyValueCache cache = new KeyValueCache(ops, model.decoder().config(), model.type(), length);
      cache.copyFrom(ops, last.cache(), length);
      kept = Optional.of(new Kept(beginning.get(), cache));
    }
  }

  @Override
  public void close() {
    kept.ifPresent(one -> one.cache().close());
    kept = Optional.empty();
  }

  private void streams(List<Piece> pieces, BiConsumer<Tensor, List<Integer>> logits) {
    List<Piece> stream = new ArrayList<>();
    int length = 0;
    for (Piece piece : pieces) {
      int more = piece.part().length(model.tokensPerImage());
      if (!stream.isEmpty() && length + more > STREAM) {
        stream(stream, logits);
        stream.clear();
        length = 0;
      }
      stream.add(piece);
      length += more;
    }
    if (!stream.isEmpty()) {
      stream(stream, logits);
    }
  }

  private void stream(List<Piece> pieces, BiConsumer<Tensor, List<Integer>> logits) {
    List<Example> examples = new ArrayList<>();
    List<float[]> pixels = new ArrayList<>();
    for (Piece piece : pieces) {
      examples.add(example(piece.part().ids(), piece.part().images()));
      pixels.addAll(piece.part().pixels());
    }
    PackedBatch batch = Packing.pack(examples, pixels, model.tokensPerImage());
    List<KeyValueCache> caches = pieces.stream().map(Piece::cache).toList();
    try (Scope scope = new Scope()) {
      Tensor found = next.logits(scope, batch, caches);
      logits.accept(found, pieces.stream().map(Piece::place).toList());
    }
  }

  /// One new token of each sequence.
  static PackedBatch tokens(int[] ids) {
    List<Example> examples =
        Arrays.stream(ids).mapToObj(id -> example(new int[] {id}, List.of())).toList();
    return Packing.pack(examples, List.of(), 1);
  }

  private static Example example(int[] ids, List<Path> images) {
    int[] labels = new int[ids.length];
    Arrays.fill(labels, Example.IGNORE);
    return new Example("prompt", ids, labels, images, false);
  }
}
