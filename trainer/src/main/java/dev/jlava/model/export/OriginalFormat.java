package dev.jlava.model.export;

import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelException;
import dev.jlava.model.OriginalWriter;
import dev.jlava.model.TextModel;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.model.WeightType;
import java.nio.file.Path;
import java.util.Optional;

/// The original LLaVA's.
///
/// @param type dtype of the weights; empty for that of the model in memory
record OriginalFormat(Optional<WeightType> type) implements ExportFormat {
  @Override
  public boolean keepsAdapters() {
    return false;
  }

  @Override
  public void write(Written written, Path target) {
    switch (written.model()) {
      case VisionLanguageModel model ->
          new OriginalWriter(written.source().files(), written.card(), used(model))
              .write(model, target);
      case TextModel _ ->
          throw new ModelException(
              "--to llava: the original LLaVA's layout is for models that see images (found a"
                  + " decoder); use --to hf");
    }
    written
        .notes()
        .accept(
            "The original code looks for mm_vision_tower, here vision_tower, from where it is"
                + " started: start it in the directory, or write the whole path into config.json");
  }

  private WeightType used(LanguageModel model) {
    return type.orElse(WeightType.of(model.type()));
  }

  @Override
  public double bound(LanguageModel model) {
    return ExportFormat.bound(WeightType.of(model.type()), used(model));
  }
}
