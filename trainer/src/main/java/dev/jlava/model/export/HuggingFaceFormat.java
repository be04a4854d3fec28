package dev.jlava.model.export;

import dev.jlava.model.DecoderWriter;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.LlavaWriter;
import dev.jlava.model.TextModel;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.model.WeightType;
import java.nio.file.Path;
import java.util.Optional;

/// Hugging Face's: LlavaForConditionalGeneration with its processor, or a causal model by itself.
///
/// @param type dtype of the weights; empty for that of the model in memory
record HuggingFaceFormat(Optional<WeightType> type) implements ExportFormat {
  @Override
  public boolean keepsAdapters() {
    return false;
  }

  @Override
  public void write(Written written, Path target) {
    WeightType used = used(written.model());
    switch (written.model()) {
      case VisionLanguageModel model -> {
        if (written.card().template().isEmpty()) {
          written
              .notes()
              .accept(
                  "No chat template is written: the model's directory does not say which one it was"
                      + " trained with; give --template");
        }
        new LlavaWriter(written.source().files(), written.card(), written.notes())
            .as(used)
            .write(model, target);
      }
      case TextModel(var decoder, _) ->
          new DecoderWriter(written.source().files().decoder(), used).write(decoder, target);
    }
  }

  private WeightType used(LanguageModel model) {
    return type.orElse(WeightType.of(model.type()));
  }

  @Override
  public double bound(LanguageModel model) {
    return ExportFormat.bound(WeightType.of(model.type()), used(model));
  }
}
