package dev.jlava.adapter;

import java.util.List;

/// What low-rank adapters of a part are like; the meanings and defaults are PEFT's (LoraConfig).
///
/// @param r rank
/// @param alpha numerator of the scale
/// @param dropout probability that an element of the adapter's input is zeroed in training
/// @param rslora scale alpha/√r (Kalajdzievski 2023) in place of alpha/r
/// @param dora train the norms of the weights' rows too (Liu et al. 2024)
/// @param bias which of the checkpoint's biases train along
/// @param lrRatio learning rate of B over that of A (LoRA+; Hayou et al. 2024)
/// @param modulesToSave ends of the names of modules that train whole beside the adapters
public record LoraSettings(
    int r,
    double alpha,
    double dropout,
    LoraTargets targets,
    boolean rslora,
    boolean dora,
    Bias bias,
    double lrRatio,
    List<String> modulesToSave) {
  /// Biases that train along: none, those of adapted layers, or all of the part.
  public enum Bias {
    NONE,
    LORA_ONLY,
    ALL
  }

  public LoraSettings {
    require(r >= 1, "r", r, "1 or more");
    require(alpha > 0, "alpha", alpha, "more than 0");
    require(dropout >= 0 && dropout < 1, "dropout", dropout, "0 or more and less than 1");
    require(lrRatio > 0, "lr ratio", lrRatio, "more than 0");
    modulesToSave = List.copyOf(modulesToSave);
  }

  private static void require(boolean valid, String what, Number found, String allowed) {
    if (!valid) {
      throw new IllegalArgumentException(
          "adapter " + what + " is " + found + " (allowed " + allowed + ")");
    }
  }

  /// LoRA without any of its variants.
  public static LoraSettings of(int r, double alpha, LoraTargets targets) {
    return new LoraSettings(r, alpha, 0, targets, false, false, Bias.NONE, 1, List.of());
  }

  /// Factor of the update.
  public double scale() {
    return rslora ? alpha / Math.sqrt(r) : alpha / r;
  }

  /// Whether PEFT's configuration of both would be the same but for the layers that it names.
  public boolean writtenLike(LoraSettings other) {
    return r == other.r
        && alpha == other.alpha
        && dropout == other.dropout
        && rslora == other.rslora
        && dora == other.dora
        && bias == other.bias;
  }
}
