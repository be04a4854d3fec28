package dev.jlava.model.export;

import dev.jlava.model.GgufExport;
import dev.jlava.model.LanguageModel;
import dev.jlava.weights.gguf.GgufFileType;
import java.nio.file.Path;

/// llama.cpp's: a GGUF file of the decoder, and one of tower and projector for a model that sees
/// images.
record GgufFormat(GgufFileType type) implements ExportFormat {
  @Override
  public boolean keepsAdapters() {
    return false;
  }

  @Override
  public void write(Written written, Path target) {
    Path base = written.source().lineage().base().getFileName();
    new GgufExport(written.source().files(), written.card(), type, written.notes())
        .write(written.model(), base == null ? "model" : base.toString(), target);
  }

  /// Measured as those of the other layouts: 0.28 for Q8_0, 1.2 for Q4_K on SmolLM2-135M.
  @Override
  public double bound(LanguageModel model) {
    return switch (type) {
      case FP32 -> 1e-4;
      case FP16 -> 0.02;
      case BF16 -> 0.15;
      case Q8_0 -> 0.6;
      case Q5_K -> 1.5;
      case Q4_0, Q4_K -> 3;
    };
  }
}
