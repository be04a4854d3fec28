package dev.jlava.model.export;

import dev.jlava.model.Adapter;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.ModelException;
import dev.jlava.model.PeftDirectory;
import dev.jlava.model.TextModel;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.train.Lineage;
import dev.jlava.train.ModelSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// PEFT's: the adapters by themselves, and the parts that were trained whole; beside adapters of a
/// decoder that sees through a tower, the original LLaVA's description and projector.
record PeftFormat() implements ExportFormat {
  @Override
  public boolean keepsAdapters() {
    return true;
  }

  @Override
  public void write(Written written, Path target) {
    Lineage lineage = written.source().lineage();
    if (written.model().parts().stream().allMatch(part -> part.adapters().isEmpty())) {
      throw new ModelException(
          "--to peft: the model has no adapter at work; give a checkpoint of its training, or a"
              + " PEFT directory (a run's final model has it merged, and beside it as"
              + " final/adapter)");
    }
    switch (written.model()) {
      case VisionLanguageModel model -> {
        lineage
            .obstacle(model)
            .ifPresent(obstacle -> {
              throw new ModelException(
                  "--to peft: " + obstacle + "; write the whole model with --to hf --merge");
            });
        lineage.saveAdapters(model, written.card(), target);
      }
      case TextModel model -> {
        PeftDirectory.save(model.decoder().part(), lineage.base(), target);
        written.card().write(target);
      }
    }
  }

  @Override
  public double bound(LanguageModel model) {
    return 1e-4;
  }

  @Override
  public ModelSource reopen(ModelSource source, Path target, List<String> adapters) {
    Lineage lineage = source.lineage();
    List<String> left = new ArrayList<>(adapters);
    ModelSource base = ModelSource.find(lineage.base());
    if (lineage.tower().isPresent()) {
      String first = left.contains(Adapter.DEFAULT) ? Adapter.DEFAULT : left.getFirst();
      left.remove(first);
      base = ModelSource.find(PeftDirectory.place(target, first), Optional.of(lineage.base()));
    }
    return base.with(
        left.stream().map(name -> PeftDirectory.place(target, name) + "=" + name).toList());
  }
}
