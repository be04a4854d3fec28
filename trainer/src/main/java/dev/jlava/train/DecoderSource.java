package dev.jlava.train;

import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelParts;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PartLoader;
import dev.jlava.model.TextModel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

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
    return new Lineage(path.toString(), Set.of());
  }

  @Override
  public TextModel load(Engine engine, Scope scope, ScalarType type) {
    ModelParts parts = new ModelParts(new PartLoader(engine, scope, type));
    return new TextModel(parts.decoder(path, OptionalLong.empty()), type);
  }
}
