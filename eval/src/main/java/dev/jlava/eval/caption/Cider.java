package dev.jlava.eval.caption;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// CIDEr-D (Vedantam et al. 2015) as pycocoevalcap computes it: cosines of tf-idf weights of word
/// runs with clipped counts and a penalty of the length. How rare a run is, is counted over the
/// references of all images at hand.
public final class Cider {
  private static final double SIGMA = 6;

  private final Map<List<String>, Integer> imagesWith = new HashMap<>();
  private final double logImages;

  private Cider(List<Captioned> images) {
    this.logImages = Math.log(images.size());
    for (Captioned image : images) {
      Set<List<String>> runs = new HashSet<>();
      image.references().forEach(reference -> runs.addAll(reference.counts().keySet()));
      runs.forEach(run -> imagesWith.merge(run, 1, Integer::sum));
    }
  }

  /// The score of each caption, 0 to 10.
  public static double[] of(List<Captioned> images) {
    Cider cider = new Cider(images);
    return images.stream().mapToDouble(cider::score).toArray();
  }

  private double score(Captioned image) {
    Weights caption = weights(image.caption());
    double sum = 0;
    for (NGrams reference : image.references()) {
      sum += similarity(caption, weights(reference));
    }
    return sum / NGrams.LONGEST / image.references().size() * 10;
  }

  /// The weights of a caption's runs.
  ///
  /// @param norms by the runs' length
  /// @param length the number of pairs of words, which the reference takes for the length
  private record Weights(Map<List<String>, Double> byRun, double[] norms, int length) {}

  private Weights weights(NGrams ngrams) {
    Map<List<String>, Double> byRun = new HashMap<>();
    double[] norms = new double[NGrams.LONGEST];
    int pairs = 0;
    for (Map.Entry<List<String>, Integer> entry : ngrams.counts().entrySet()) {
      List<String> run = entry.getKey();
      double weight =
          entry.getValue() * (logImages - Math.log(Math.max(1, imagesWith.getOrDefault(run, 0))));
      byRun.put(run, weight);
      norms[run.size() - 1] += weight * weight;
      pairs += run.size() == 2 ? entry.getValue() : 0;
    }
    for (int n = 0; n < norms.length; n++) {
      norms[n] = Math.sqrt(norms[n]);
    }
    return new Weights(byRun, norms, pairs);
  }

  /// The sum of the cosines for runs of one to four words.
  private static double similarity(Weights caption, Weights reference) {
    double[] products = new double[NGrams.LONGEST];
    caption
        .byRun()
        .forEach((run, weight) -> {
          double other = reference.byRun().getOrDefault(run, 0.0);
          products[run.size() - 1] += Math.min(weight, other) * other;
        });
    double delta = caption.length() - reference.length();
    double penalty = Math.exp(-delta * delta / (2 * SIGMA * SIGMA));
    double sum = 0;
    for (int n = 0; n < products.length; n++) {
      double norm = caption.norms()[n] * reference.norms()[n];
      sum += (norm == 0 ? products[n] : products[n] / norm) * penalty;
    }
    return sum;
  }
}
