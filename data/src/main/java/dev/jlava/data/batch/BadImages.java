package dev.jlava.data.batch;

/// What happens when an image cannot be decoded; the recipe's `problems.bad_image`.
public enum BadImages {
  /// Training ends with an error that names the sample and the file.
  ERROR,
  /// The sample is left out, counted and named.
  SKIP
}
