package dev.jlava.data.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// The rule by which a step's examples are split into micro-batches; the recipe's
/// `batch.micro_size` or `batch.micro_tokens`.
public sealed interface MicroBatches {
  /// The examples of each micro-batch; every example is in exactly one.
  List<List<Example>> split(List<Example> step, int tokensPerImage);

  /// A number of samples each, in order; the last may have fewer.
  record Size(int samples) implements MicroBatches {
    public Size {
      if (samples < 1) {
        throw new IllegalArgumentException("micro-batches of " + samples + " samples");
      }
    }

    @Override
    public List<List<Example>> split(List<Example> step, int tokensPerImage) {
      List<List<Example>> result = new ArrayList<>();
      for (int begin = 0; begin < step.size(); begin += samples) {
        result.add(List.copyOf(step.subList(begin, Math.min(begin + samples, step.size()))));
      }
      return result;
    }
  }

  /// At most so many positions each, images expanded; an example that is longer stands alone.
  /// First-fit decreasing, which needs at most 11/9 of the fewest micro-batches (Johnson 1973).
  record Tokens(int limit) implements MicroBatches {
    public Tokens {
      if (limit < 1) {
        throw new IllegalArgumentException("micro-batches of " + limit + " tokens");
      }
    }

    @Override
    public List<List<Example>> split(List<Example> step, int tokensPerImage) {
      List<Integer> longestFirst =
          IntStream.range(0, step.size())
              .boxed()
              .sorted(
                  Comparator.comparingInt((Integer i) -> step.get(i).length(tokensPerImage))
                      .reversed())
              .toList();
      List<Bin> bins = new ArrayList<>();
      for (int i : longestFirst) {
        int length = step.get(i).length(tokensPerImage);
        bins.stream()
            .filter(bin -> bin.tokens + length <= limit)
            .findFirst()
            .orElseGet(() -> added(bins))
            .add(i, length);
      }
      return bins.stream().map(bin -> bin.examples(step)).toList();
    }

    private static Bin added(List<Bin> bins) {
      bins.add(new Bin());
      return bins.getLast();
    }

    /// A micro-batch being filled.
    private static final class Bin {
      private final List<Integer> members = new ArrayList<>();
      private int tokens;

      void add(int member, int length) {
        members.add(member);
        tokens += length;
      }

      /// The members in the order of the step.
      List<Example> examples(List<Example> step) {
        return members.stream().sorted().map(step::get).toList();
      }
    }
  }
}
