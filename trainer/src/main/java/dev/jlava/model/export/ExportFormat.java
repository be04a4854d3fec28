package dev.jlava.model.export;

import dev.jlava.adapter.Quantisation;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelCard;
import dev.jlava.model.WeightType;
import dev.jlava.train.ModelSource;
import dev.jlava.weights.gguf.GgufFileType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/// A layout that models are written in.
public sealed interface ExportFormat
    permits BitsAndBytesFormat, GgufFormat, HuggingFaceFormat, OriginalFormat, PeftFormat {
  /// What `--to` takes.
  List<String> NAMES = List.of("hf", "llava", "peft", "gguf", "bnb-nf4");

  /// What is written.
  ///
  /// @param source what the model was read from
  /// @param card how the model is asked
  /// @param notes told what the user should know of the directory
  record Written(ModelSource source, ModelCard card, LanguageModel model, Consumer<String> notes) {}

  /// The layout of that name.
  ///
  /// @param dtype of the written weights; empty for that of the model in memory
  /// @throws IllegalArgumentException where there is none, or it has no such dtype
  static ExportFormat named(String name, Optional<String> dtype) {
    return switch (name) {
      case "hf" -> new HuggingFaceFormat(dtype.map(d -> weightType(name, d)));
      case "llava" -> new OriginalFormat(dtype.map(d -> weightType(name, d)));
      case "gguf" -> new GgufFormat(dtype.map(ExportFormat::gguf).orElse(GgufFileType.FP16));
      case "bnb-nf4" -> new BitsAndBytesFormat(nf4(dtype.orElse("nf4")));
      case "peft" -> {
        if (dtype.isPresent()) {
          throw new IllegalArgumentException(
              "--dtype " + dtype.get() + ": adapters are fp32; leave it out");
        }
        yield new PeftFormat();
      }
      default ->
          throw new IllegalArgumentException(
              "--to " + name + ": no such layout (allowed " + String.join(", ", NAMES) + ")");
    };
  }

  private static Quantisation nf4(String dtype) {
    return switch (dtype) {
      case "nf4" -> Quantisation.NF4;
      case "nf4_double" -> Quantisation.NF4_DOUBLE;
      default ->
          throw new IllegalArgumentException(
              "--dtype " + dtype + ": not one of bnb-nf4's (allowed nf4, nf4_double)");
    };
  }

  private static GgufFileType gguf(String dtype) {
    return GgufFileType.named(dtype)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "--dtype "
                    + dtype
                    + ": not one of gguf's (allowed "
                    + String.join(", ", GgufFileType.names())
                    + ")"));
  }

  private static WeightType weightType(String format, String dtype) {
    return Arrays.stream(WeightType.values())
        .filter(t -> t.name().toLowerCase(Locale.ROOT).equals(dtype))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "--dtype "
                    + dtype
                    + ": not one of "
                    + format
                    + "'s (allowed "
                    + String.join(
                        ", ",
                        Arrays.stream(WeightType.values())
                            .map(t -> t.name().toLowerCase(Locale.ROOT))
                            .toList())
                    + ")"));
  }

  /// Whether adapters are written as such; a layout that cannot hold them wants them merged.
  boolean keepsAdapters();

  /// The model as the layout can hold it; what is read back is compared with that.
  ///
  /// @param scope owner of what is made anew
  default LanguageModel prepared(Engine engine, Scope scope, LanguageModel model) {
    return model;
  }

  /// Writes a model into a directory.
  void write(Written written, Path target);

  /// Largest difference of the logits that reading back may make, as a share of their spread.
  double bound(LanguageModel model);

  /// What a dtype costs: the rounding of weights that the model in memory has exactly. Measured on
  /// the golden models and on SmolLM2-135M, with room (docs/models.md).
  static double bound(WeightType from, WeightType to) {
    if (from == to || to == WeightType.FP32) {
      return 1e-4;
    }
    return switch (to) {
      case FP16 -> 0.02;
      case BF16, FP32 -> 0.15;
    };
  }

  /// Opens what was written, to read it back.
  ///
  /// @param adapters that were at work when it was written, by name
  default ModelSource reopen(ModelSource source, Path target, List<String> adapters) {
    return ModelSource.find(target);
  }
}
