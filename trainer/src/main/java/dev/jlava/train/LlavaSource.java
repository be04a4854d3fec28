package dev.jlava.train;

import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PartLoader;
import dev.jlava.model.VisionLanguageModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A LLaVA directory, in Hugging Face's or in the original layout, or its GGUF files.
record LlavaSource(LlavaDirectory model, Path path) implements ModelSource {
  @Override
  public LlavaFiles files() {
    return model.files();
  }

  @Override
  public ModelCard card() {
    return ModelCard.read(files().decoder());
  }

  @Override
  public Optional<ModelShape> shape() {
    return Optional.of(ModelShape.of(path));
  }

  @Override
  public Lineage lineage() {
    return Lineage.itself(path);
  }

  @Override
  public List<Path> places() {
    return List.of(path);
  }

  @Override
  public boolean isAdapted() {
    return false;
  }

  @Override
  public VisionLanguageModel load(PartLoader loader) {
    return model.load(loader);
  }
}
