package dev.jlava.cli;

import dev.jlava.engine.ScalarType;
import dev.jlava.train.ModelSource;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that name a model, and how it is computed.
final class SourceOptions {
  /// Dtypes to compute in.
  enum Precision {
    fp32,
    bf16
  }

  @Option(
      names = "--model",
      required = true,
      description =
          "A directory: a LLaVA model (Hugging Face's or the original layout), a decoder, an adapter"
              + " or a projector, a run, a checkpoint.")
  private Path path;

  @Option(
      names = "--base",
      description = "The model behind an adapter or a projector (the one that it names).")
  private @Nullable Path base;

  @Option(names = "--precision", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
  private Precision precision = Precision.fp32;

  @Option(names = "--device", description = "auto, cpu, cuda or cuda:N (${DEFAULT-VALUE}).")
  private String device = "auto";

  Path path() {
    return path;
  }

  String device() {
    return device;
  }

  ModelSource source() {
    return ModelSource.find(path, Optional.ofNullable(base));
  }

  ScalarType type() {
    return precision == Precision.fp32 ? ScalarType.F32 : ScalarType.BF16;
  }
}
