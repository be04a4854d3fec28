package dev.jlava.generate;

import dev.jlava.data.batch.Example;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.batch.Packing;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.KeyValueCache;
import dev.jlava.model.VisionLanguageModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/// Greedy decoding: the likeliest token, again and again.
public final class Generator {
  private final Engine engine;
  private final VisionLanguageModel model;

  public Generator(Engine engine, VisionLanguageModel model) {
    this.engine = engine;
    this.model = model;
  }

  /// The new ids after a prompt.
  ///
  /// @param prompt ids with [Example#IMAGE] where images go
  /// @param images the image files, in order
  /// @param pixels one array for each image, in order
  /// @param emit receives each new id; false ends the answer there
  public int[] greedy(
      int[] prompt, List<Path> images, List<float[]> pixels, int maxNewTokens, IntPredicate emit) {
    PackedBatch next = batch(prompt, images, pixels);
    int capacity = next.ids().length + maxNewTokens;
    List<Integer> found = new ArrayList<>();
    try (Scope scope = new Scope();
        KeyValueCache cache =
            new KeyValueCache(
                engine.ops(scope), model.decoder().config(), model.type(), capacity)) {
      while (found.size() < maxNewTokens) {
        int id = next(next, cache);
        found.add(id);
        if (!emit.test(id)) {
          break;
        }
        next = batch(new int[] {id}, List.of(), List.of());
      }
    }
    return found.stream().mapToInt(i -> i).toArray();
  }

  private int next(PackedBatch batch, KeyValueCache cache) {
    try (Scope scope = new Scope()) {
      float[] logits = model.logits(Tape.forwardOnly(engine.ops(scope)), batch, cache);
      int best = 0;
      for (int i = 1; i < logits.length; i++) {
        best = logits[i] > logits[best] ? i : best;
      }
      return best;
    }
  }

  private PackedBatch batch(int[] ids, List<Path> images, List<float[]> pixels) {
    int[] labels = new int[ids.length];
    Arrays.fill(labels, Example.IGNORE);
    Example example = new Example("prompt", ids, labels, images, false);
    return Packing.pack(List.of(example), pixels, model.tokensPerImage());
  }
}
