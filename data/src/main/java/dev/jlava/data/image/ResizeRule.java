package dev.jlava.data.image;

/// The `size` of a Hugging Face image processor.
sealed interface ResizeRule {
  /// The shorter side becomes `pixels`, the longer one keeps the ratio, truncated.
  record ShortestEdge(int pixels) implements ResizeRule {}

  /// Both sides are given; the ratio is not kept.
  record Exact(int height, int width) implements ResizeRule {
    Exact transposed() {
      return new Exact(width, height);
    }
  }
}
