package dev.jlava.train;

/// Model FLOPs utilization (Chowdhery et al. 2022, PaLM, appendix B): the share of the machine's
/// measured matrix-product speed that goes into the model's own arithmetic, recomputation not
/// counted.
///
/// @param peak floating-point operations a second
record Utilization(StepFlops flops, double peak) {
  double of(TrainingStep.Counts counts, double seconds) {
    if (counts.samples() == 0) {
      return 0;
    }
    double samples = counts.samples();
    double text = (counts.tokens() - counts.imageTokens()) / samples;
    double images = counts.imageTokens() / (samples * flops.shape().tokensPerImage());
    return samples * flops.ofSample(text, images) / seconds / peak;
  }
}
