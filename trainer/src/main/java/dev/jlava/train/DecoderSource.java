package dev.jlava.train;

import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelParts;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PartLoader;
import dev.jlava.model.TextModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// A decoder's directory in Hugging Face's layout, or its GGUF file.
record DecoderSource(Path path) implements ModelSource {
  @Override
  public LlavaFiles files() {
    return new LlavaFiles(path, path);
  }

  @Override
  public ModelCard card() {
    return ModelCard.read(files().decoder());
  }

  @Override
  public Optional<ModelShape> shape() {
    return Optional.empty();
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
  public TextModel load(PartLoader loader) {
    return new TextModel(new ModelParts(loader).decoder(path, OptionalLong.empty()), loader.type());
  }
}
