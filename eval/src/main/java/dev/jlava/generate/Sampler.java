package dev.jlava.generate;

import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;

/// Chooses token after token of one answer, with the arithmetic and order of transformers' logits
/// processors: repetition penalty, temperature, top-k, top-p, then a draw. Used by one thread.
final class Sampler {
  private final Sampling sampling;
  private final SplittableRandom random;
  private final BitSet seen = new BitSet();

  Sampler(Sampling sampling) {
    this.sampling = sampling;
    this.random = new SplittableRandom(sampling.seed());
  }

  /// Counts a token as one that has occurred. Marks of images (negative) are no tokens.
  void saw(int id) {
    if (id >= 0) {
      seen.set(id);
    }
  }

  /// The next token after logits [V].
  int next(float[] logits) {
    double[] probabilities = probabilities(logits);
    double left = random.nextDouble();
    int last = 0;
    for (int i = 0; i < probabilities.length; i++) {
      if (probabilities[i] > 0) {
        last = i;
        left -= probabilities[i];
        if (left < 0) {
          return i;
        }
      }
    }
    return last; // The probabilities' sum fell short of 1 by rounding.
  }

  /// The probability of each token; 1 for the likeliest where decoding is greedy.
  double[] probabilities(float[] logits) {
    float[] scores = logits.clone();
    penalise(scores);
    if (sampling.greedy()) {
      double[] certain = new double[scores.length];
      certain[argmax(scores)] = 1;
      return certain;
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] /= (float) sampling.temperature();
    }
    keepTopK(scores);
    keepTopP(scores);
    return softmax(scores);
  }

  private void penalise(float[] scores) {
    if (!sampling.penalises()) {
      return;
    }
    float penalty = (float) sampling.repetitionPenalty();
    seen.stream()
        .filter(id -> id < scores.length)
        .forEach(id -> scores[id] = scores[id] < 0 ? scores[id] * penalty : scores[id] / penalty);
  }

  private static int argmax(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  /// Equals of the k-th token stay too.
  private void keepTopK(float[] scores) {
    if (sampling.topK() == 0 || sampling.topK() >= scores.length) {
      return;
    }
    float[] sorted = scores.clone();
    Arrays.sort(sorted);
    float least = sorted[sorted.length - sampling.topK()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = scores[i] < least ? Float.NEGATIVE_INFINITY : scores[i];
    }
  }

  /// The least likely tokens go as long as their sum is at most 1 - p; the likeliest stays.
  private void keepTopP(float[] scores) {
    if (sampling.topP() == 1) {
      return;
    }
    int[] ascending = ascending(scores);
    double[] probabilities = softmax(scores);
    double sum = 0;
    for (int i = 0; i < ascending.length - 1; i++) {
      sum += probabilities[ascending[i]];
      if (sum > 1 - sampling.topP()) {
        return;
      }
      scores[ascending[i]] = Float.NEGATIVE_INFINITY;
    }
  }

  /// Token ids by rising score: each score's bits, made to sort as integers, in front of its id.
  private static int[] ascending(float[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      int bits = Float.floatToIntBits(scores[i]);
      int ordered = bits >= 0 ? bits : bits ^ Integer.MAX_VALUE;
      keys[i] = ((long) ordered << 32) | i;
    }
    Arrays.sort(keys);
    return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
  }

  private static double[] softmax(float[] scores) {
    double highest = scores[argmax(scores)];
    double[] result = new double[scores.length];
    double sum = 0;
    for (int i = 0; i < result.length; i++) {
      result[i] = Math.exp(scores[i] - highest);
      sum += result[i];
    }
    for (int i = 0; i < result.length; i++) {
      result[i] /= sum;
    }
    return result;
  }
}
