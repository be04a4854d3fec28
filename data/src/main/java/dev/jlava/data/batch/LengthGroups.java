package dev.jlava.data.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Orders in which samples of similar length are neighbours: the samples are shuffled, cut into
/// megabatches, and sorted by length within each.
final class LengthGroups {
  /// Hugging Face's megabatch: up to 50 steps, but at least four megabatches in an epoch.
  private static final int MAX_STEPS = 50;

  private static final int MIN_MEGABATCHES = 4;

  private final SampleSizes sizes;
  private final int stepSize;
  private final Shuffler shuffler;

  LengthGroups(SampleSizes sizes, int stepSize, Shuffler shuffler) {
    this.sizes = sizes;
    this.stepSize = stepSize;
    this.shuffler = shuffler;
  }

  /// transformers' `get_length_grouped_indices`: the longest sample of all comes first, so that a
  /// lack of memory shows in the first step.
  int[] byLength() {
    List<Integer> all = IntStream.range(0, sizes.count()).boxed().toList();
    int steps = Math.clamp(all.size() / (stepSize * (long) MIN_MEGABATCHES), 1, MAX_STEPS);
    List<List<Integer>> megabatches = megabatches(all, stepSize * steps);
    List<Integer> longest = megabatches.getFirst();
    for (List<Integer> megabatch : megabatches) {
      if (length(megabatch.getFirst()) > length(longest.getFirst())) {
        longest = megabatch;
      }
    }
    int first = megabatches.getFirst().getFirst();
    int best = longest.getFirst();
    longest.set(0, first);
    megabatches.getFirst().set(0, best);
    return flat(megabatches);
  }

  /// LLaVA's `get_modality_length_grouped_indices`: steps of image samples and steps of text-only
  /// samples in random order; what fills no step of its own modality comes last, mixed, in the
  /// order of the data.
  int[] byModalityAndLength() {
    List<List<Integer>> whole = new ArrayList<>();
    List<Integer> rest = new ArrayList<>();
    for (boolean image : new boolean[] {true, false}) {
      List<Integer> samples =
          IntStream.range(0, sizes.count())
              .filter(i -> sizes.hasImage()[i] == image)
              .boxed()
              .toList();
      for (List<Integer> megabatch : megabatches(samples, stepSize)) {
        if (megabatch.size() == stepSize) {
          whole.add(megabatch);
        } else {
          rest.addAll(megabatch);
        }
      }
    }
    List<List<Integer>> order = new ArrayList<>(shuffler.shuffled(whole));
    order.add(rest.stream().sorted().toList());
    return flat(order);
  }

  /// Shuffled samples in megabatches, each sorted from the longest; equals stay as shuffled.
  private List<List<Integer>> megabatches(List<Integer> samples, int size) {
    List<Integer> shuffled = shuffler.shuffled(samples);
    List<List<Integer>> megabatches = new ArrayList<>();
    for (int begin = 0; begin < shuffled.size(); begin += size) {
      int end = Math.min(begin + size, shuffled.size());
      List<Integer> megabatch = new ArrayList<>(shuffled.subList(begin, end));
      megabatch.sort(Comparator.comparingInt(this::length).reversed());
      megabatches.add(megabatch);
    }
    return megabatches;
  }

  private int length(int sample) {
    return sizes.lengths()[sample];
  }

  private static int[] flat(List<List<Integer>> lists) {
    return lists.stream().flatMap(List::stream).mapToInt(i -> i).toArray();
  }
}
