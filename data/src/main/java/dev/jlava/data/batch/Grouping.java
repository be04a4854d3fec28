package dev.jlava.data.batch;

/// Which samples come together in a step; the recipe's `order.group`.
public enum Grouping {
  /// As they come.
  NONE,
  /// Of similar length, as Hugging Face's LengthGroupedSampler puts them.
  LENGTH,
  /// With an image or without one, each of similar length, as LLaVA's `group_by_modality_length`
  /// puts them.
  MODALITY_LENGTH
}
