package dev.jlava.train;

import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelShape;
import dev.jlava.model.OriginalTraining;
import dev.jlava.model.PartLoader;
import dev.jlava.model.VisionLanguageModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// A projector, or an adapter with a projector, as the original LLaVA leaves them, and the model
/// whose decoder they were trained with.
record OriginalTrainingSource(Path path, OriginalTraining training, Path basePath, ModelSource base)
    implements ModelSource, ModelSource.OnBase {
  static OriginalTrainingSource open(Path path, Optional<Path> given) {
    OriginalTraining training = OriginalTraining.open(path);
    Path base = BasePath.find(path, given, training.namedBase());
    return new OriginalTrainingSource(path, training, base, ModelSource.find(base));
  }

  @Override
  public LlavaFiles files() {
    return new LlavaFiles(base.files().decoder(), training.tower());
  }

  @Override
  public ModelCard card() {
    return ModelCard.read(path, base.card());
  }

  @Override
  public Optional<ModelShape> shape() {
    return Optional.of(training.shape());
  }

  @Override
  public Lineage lineage() {
    Optional<Path> tower =
        base.shape().isEmpty() ? Optional.of(training.tower()) : Optional.empty();
    return new Lineage(basePath, tower, Set.of("projector"));
  }

  @Override
  public List<Path> places() {
    return Stream.concat(Stream.of(path), base.places().stream()).toList();
  }

  @Override
  public boolean isAdapted() {
    return base.isAdapted() || training.hasAdapter();
  }

  @Override
  public VisionLanguageModel load(PartLoader loader) {
    return training.load(loader, base.load(loader));
  }
}
