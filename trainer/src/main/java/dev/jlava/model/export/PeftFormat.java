package dev.jlava.model.export;

import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelException;
import dev.jlava.model.PeftDirectory;
import dev.jlava.model.TextModel;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.train.ModelSource;
import java.nio.file.Path;
import java.util.List;

/// PEFT's: the adapters by themselves, and the parts that were trained whole.
record PeftFormat() implements ExportFormat {
  @Override
  public boolean keepsAdapters() {
    return true;
  }

  @Override
  public void write(Written written, Path target) {
    ModelSource.Lineage lineage = written.source().lineage();
    if (written.model().parts().stream().allMatch(part -> part.adapters().isEmpty())) {
      throw new ModelException(
          "--to peft: the model has no adapter at work; give a checkpoint of its training, or a"
              + " PEFT directory (a run's final model has it merged, and beside it as"
              + " final/adapter)");
    }
    switch (written.model()) {
      case VisionLanguageModel model -> {
        requireSeeing(lineage.base());
        PeftDirectory.save(model, lineage.whole(), lineage.base(), target);
      }
      case TextModel model -> PeftDirectory.save(model.decoder().part(), lineage.base(), target);
    }
    written.card().write(target);
  }

  private static void requireSeeing(String base) {
    if (ModelSource.find(Path.of(base)).shape().isEmpty()) {
      throw new ModelException(
          "--to peft: the base "
              + base
              + " is a decoder without a vision tower, while the adapter is a LLaVA's; write the"
              + " whole model with --to hf --merge");
    }
  }

  @Override
  public double bound(LanguageModel model) {
    return 1e-4;
  }

  @Override
  public ModelSource reopen(ModelSource source, Path target, List<String> adapters) {
    return ModelSource.find(Path.of(source.lineage().base()))
        .with(
            adapters.stream().map(name -> PeftDirectory.place(target, name) + "=" + name).toList());
  }
}
