package dev.jlava.train;

import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.model.Adapters;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PeftDirectory;
import java.nio.file.Path;
import java.util.Optional;

/// A PEFT adapter's directory, and the model that it adapts.
record AdaptedSource(Path path, Path basePath, ModelSource base)
    implements ModelSource, ModelSource.OnBase {
  static AdaptedSource open(Path path, Optional<Path> given) {
    Path base = BasePath.find(path, given, PeftDirectory.base(path));
    return new AdaptedSource(path, base, ModelSource.find(base));
  }

  @Override
  public LlavaFiles files() {
    return base.files();
  }

  @Override
  public ModelCard card() {
    return ModelCard.read(path, base.card());
  }

  @Override
  public Optional<ModelShape> shape() {
    return base.shape();
  }

  @Override
  public Lineage lineage() {
    return new Lineage(basePath.toString(), PeftDirectory.whole(path));
  }

  @Override
  public LanguageModel load(Engine engine, Scope scope, ScalarType type) {
    LanguageModel model = base.load(engine, scope, type);
    PeftDirectory.load(new Adapters(engine, scope), model.parts(), path, 0, 1);
    return model;
  }
}
