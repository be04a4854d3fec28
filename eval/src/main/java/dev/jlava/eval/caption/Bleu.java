package dev.jlava.eval.caption;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// BLEU over all captions (Papineni et al. 2002), with the reference of the closest length and the
/// small constants of pycocoevalcap.
public final class Bleu {
  /// Keeps a figure that is 0 at 0 instead of undefined.
  private static final double TINY = 1e-15;

  private static final double SMALL = 1e-9;

  private Bleu() {}

  /// BLEU-1 to BLEU-4, 0 to 1.
  public static double[] of(List<Captioned> images) {
    long[] guessed = new long[NGrams.LONGEST];
    long[] correct = new long[NGrams.LONGEST];
    long length = 0;
    long closest = 0;
    for (Captioned image : images) {
      count(image, guessed, correct);
      length += image.caption().length();
      closest += closest(image);
    }
    double[] bleu = new double[NGrams.LONGEST];
    double product = 1;
    double ratio = (length + TINY) / (closest + SMALL);
    for (int n = 0; n < NGrams.LONGEST; n++) {
      product *= (correct[n] + TINY) / (guessed[n] + SMALL);
      bleu[n] = Math.pow(product, 1.0 / (n + 1)) * (ratio < 1 ? Math.exp(1 - 1 / ratio) : 1);
    }
    return bleu;
  }

  private static void count(Captioned image, long[] guessed, long[] correct) {
    Map<List<String>, Integer> most = new HashMap<>();
    for (NGrams reference : image.references()) {
      reference.counts().forEach((ngram, count) -> most.merge(ngram, count, Math::max));
    }
    for (int n = 0; n < NGrams.LONGEST; n++) {
      guessed[n] += Math.max(0, image.caption().length() - n);
    }
    image
        .caption()
        .counts()
        .forEach((ngram, count) ->
            correct[ngram.size() - 1] += Math.min(count, most.getOrDefault(ngram, 0)));
  }

  /// The length of the reference whose length is closest; the shorter of two.
  private static int closest(Captioned image) {
    int length = image.caption().length();
    return image.references().stream()
        .map(NGrams::length)
        .min(
            Comparator.comparingInt((Integer other) -> Math.abs(other - length))
                .thenComparing(Comparator.naturalOrder()))
        .orElseThrow();
  }
}
