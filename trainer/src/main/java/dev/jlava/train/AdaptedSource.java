package dev.jlava.train;

import dev.jlava.adapter.Quantisation;
import dev.jlava.model.Adapter;
import dev.jlava.model.Adapters;
import dev.jlava.model.DirectoryKind;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.model.ModelShape;
import dev.jlava.model.OriginalTraining;
import dev.jlava.model.PartLoader;
import dev.jlava.model.PeftDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// PEFT adapters, all at work, and the model that they adapt.
record AdaptedSource(List<Named> adapters, ModelSource model)
    implements ModelSource, ModelSource.OnBase {
  AdaptedSource {
    adapters = List.copyOf(adapters);
    for (Named adapter : adapters) {
      requireProjector(adapter.directory(), model);
    }
    PeftDirectory.requireSameWhole(adapters.stream().map(Named::directory).toList());
  }

  /// An adapter's directory.
  ///
  /// @param name tells it from others at work
  record Named(Path directory, String name) {
    /// As a command line writes it: `DIR` or `DIR=NAME`.
    static Named of(String written) {
      int equals = written.lastIndexOf('=');
      boolean named = equals > 0 && !Files.isDirectory(Path.of(written));
      Named adapter =
          named
              ? new Named(Path.of(written.substring(0, equals)), written.substring(equals + 1))
              : new Named(Path.of(written), Adapter.DEFAULT);
      if (!adapter.name.matches("[\\w-]+")) {
        throw new ModelException(
            written + ": '" + adapter.name + "' is no adapter's name (letters, digits, _ and -)");
      }
      return adapter;
    }
  }

  static AdaptedSource open(Path path, Optional<Path> given) {
    Path base = BasePath.find(path, given, PeftDirectory.base(path));
    return new AdaptedSource(List.of(new Named(path, Adapter.DEFAULT)), ModelSource.find(base));
  }

  /// An adapter that was trained with a projector beside it goes onto a model that has just that.
  private static void requireProjector(Path adapter, ModelSource model) {
    if (DirectoryKind.of(adapter).equals(Optional.of(DirectoryKind.ORIGINAL_TRAINING))
        && !(model instanceof OriginalTrainingSource other
            && OriginalTraining.sameProjector(other.path(), adapter))) {
      throw new ModelException(
          adapter
              + ": was trained with the projector beside it, which the model has not; give the"
              + " directory as the model (--model), not as an adapter on another");
    }
  }

  @Override
  public LlavaFiles files() {
    return model.files();
  }

  @Override
  public ModelCard card() {
    ModelCard card = model.card();
    for (Named adapter : adapters) {
      card = ModelCard.read(adapter.directory(), card);
    }
    return card;
  }

  @Override
  public Optional<ModelShape> shape() {
    return model.shape();
  }

  @Override
  public Lineage lineage() {
    Set<String> whole = new TreeSet<>();
    adapters.forEach(adapter -> whole.addAll(PeftDirectory.whole(adapter.directory())));
    return model.lineage().with(whole);
  }

  @Override
  public List<Path> places() {
    return Stream.concat(adapters.stream().map(Named::directory), model.places().stream()).toList();
  }

  @Override
  public Quantisation quantisation() {
    return model.quantisation();
  }

  @Override
  public boolean isAdapted() {
    return true;
  }

  @Override
  public LanguageModel load(PartLoader loader) {
    LanguageModel loaded = model.load(loader);
    for (Named adapter : adapters) {
      PeftDirectory.load(
          new Adapters(loader.engine(), loader.scope()),
          loaded.parts(),
          adapter.directory(),
          PeftDirectory.Loading.named(adapter.name()));
    }
    return loaded;
  }
}
