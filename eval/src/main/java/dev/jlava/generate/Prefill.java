package dev.jlava.generate;

import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.batch.Packing;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.LanguageModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/// Reads prompts into their caches, several as one stream. Prompts about the same images share what
/// they begin with: the first reads it, the others copy its keys and values.
final class Prefill {
  /// Positions of one stream; a longer prompt is a stream of its own.
  private static final int STREAM = 8192;

  private final Engine engine;
  private final LanguageModel model;

  Prefill(Engine engine, LanguageModel model) {
    this.engine = engine;
    this.model = model;
  }

  /// A prompt and its empty cache.
  record Prompted(Prompt prompt, KeyValueCache cache) {}

  /// New positions of one sequence.
  ///
  /// @param place of its prompt among all
  private record Piece(int place, Prompt part, KeyValueCache cache) {}

  /// Reads them.
  ///
  /// @param logits receives logits [N, V] behind N of the prompts and these prompts' places, until
  ///   every prompt has come once
  void read(List<Prompted> prompts, BiConsumer<Tensor, List<Integer>> logits) {
    List<Piece> first = new ArrayList<>();
    List<Piece> rest = new ArrayList<>();
    Collection<List<Integer>> groups = groups(prompts);
    for (List<Integer> group : groups) {
      int shared = group.size() == 1 ? 0 : shared(prompts, group);
      if (shared > 0) {
        Prompted leader = prompts.get(group.getFirst());
        first.add(new Piece(group.getFirst(), leader.prompt().until(shared), leader.cache()));
      }
      for (int place : group) {
        Prompted one = prompts.get(place);
        rest.add(new Piece(place, one.prompt().from(shared), one.cache()));
      }
    }
    streams(first, (_, _) -> {});
    for (Piece leader : first) {
      copy(leader, prompts, groups);
    }
    streams(rest, logits);
  }

  private void copy(Piece leader, List<Prompted> prompts, Collection<List<Integer>> groups) {
    int length = leader.cache().length();
    try (Scope scope = new Scope()) {
      for (List<Integer> group : groups) {
        if (group.getFirst() == leader.place()) {
          group.stream()
              .skip(1)
              .forEach(place ->
                  prompts.get(place).cache().copyFrom(engine.ops(scope), leader.cache(), length));
        }
      }
    }
  }

  /// Places of the prompts about the same images, as far as the last image's mark alike.
  private static Collection<List<Integer>> groups(List<Prompted> prompts) {
    record Beginning(List<Path> images, List<Integer> ids) {}
    Map<Object, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < prompts.size(); i++) {
      Prompt prompt = prompts.get(i).prompt();
      int[] ids = prompt.ids();
      List<Integer> head = Arrays.stream(ids, 0, prompt.afterImages()).boxed().toList();
      Object key = head.isEmpty() ? i : new Beginning(prompt.images(), head);
      groups.computeIfAbsent(key, k -> new ArrayList<>()).add(i);
    }
    return groups.values();
  }

  /// How many ids all of a group begin with, at least one short of each; 0 where an image would not
  /// be among them.
  private static int shared(List<Prompted> prompts, List<Integer> group) {
    Prompt leader = prompts.get(group.getFirst()).prompt();
    int shared = leader.ids().length - 1;
    for (int place : group) {
      int[] ids = prompts.get(place).prompt().ids();
      int same = Arrays.mismatch(leader.ids(), ids);
      shared = Math.min(shared, Math.min(same < 0 ? ids.length : same, ids.length - 1));
    }
    return shared < leader.afterImages() ? 0 : shared;
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
      Tensor found = model.logits(Tape.forwardOnly(engine.ops(scope)), batch, caches);
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
