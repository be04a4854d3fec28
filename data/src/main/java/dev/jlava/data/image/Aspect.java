package dev.jlava.data.image;

/// What becomes of an image that is not square; the recipe's `model.image.aspect`.
public enum Aspect {
  /// The processor alone: CLIP crops the middle, SigLIP stretches.
  SQUARE,
  /// First put in the middle of a square of the mean colour (LLaVA's `image_aspect_ratio pad`).
  PAD
}
