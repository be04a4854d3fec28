package dev.jlava.train;

import dev.jlava.adapter.Quantisation;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.hub.HubId;
import dev.jlava.model.DirectoryKind;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PartLoader;
import dev.jlava.weights.gguf.GgufPair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A model by its path, as `--model` takes it.
public sealed interface ModelSource
    permits AdaptedSource, CheckpointSource, DecoderSource, LlavaSource, OriginalTrainingSource {

  /// What a path stands for, where it needs no base.
  ///
  /// @throws ModelException where it stands for no model
  static ModelSource find(Path path) {
    return find(path, Optional.empty());
  }

  /// What a path stands for: a LLaVA directory in Hugging Face's or the original layout, a decoder,
  /// the GGUF files of either, an adapter or a projector on a base, a run (its final model), or one
  /// of a run's checkpoints.
  ///
  /// @param base the model behind an adapter or a projector, in place of the one that it names
  /// @throws ModelException where it stands for none of these
  static ModelSource find(Path path, Optional<Path> base) {
    if (!Files.isDirectory(path) && !GgufPair.is(path)) {
      throw new ModelException(
          path
              + (Files.exists(path)
                  ? ": a file, expected a model's directory; give the directory it is in"
                  : ": no such directory; check the path"
                      + HubId.of(path)
                          .map(id -> ", or give the directory that ./jlava model pull prints")
                          .orElse("")));
    }
    ModelSource found = open(path, base);
    if (base.isPresent() && !(found instanceof OnBase)) {
      throw new ModelException(
          path + ": a whole model, which has no base (found " + base.get() + "); leave it out");
    }
    return found;
  }

  /// The same model with PEFT adapters at work on it, one after the other.
  ///
  /// @param written each `DIR`, or `DIR=NAME` where there are several
  default ModelSource with(List<String> written) {
    return written.isEmpty()
        ? this
        : new AdaptedSource(written.stream().map(AdaptedSource.Named::of).toList(), this);
  }

  private static ModelSource open(Path path, Optional<Path> base) {
    if (GgufPair.is(path)) {
      List<Path> gguf = GgufPair.find(path);
      return gguf.size() == 1
          ? new DecoderSource(gguf.getFirst())
          : new LlavaSource(LlavaDirectory.open(path), path);
    }
    if (Checkpoints.isCheckpoint(path)) {
      return CheckpointSource.open(path);
    }
    if (RunDirectory.isRun(path)) {
      return new LlavaSource(LlavaDirectory.open(finalModel(path)), finalModel(path));
    }
    DirectoryKind kind =
        DirectoryKind.of(path)
            .orElseThrow(() ->
                new ModelException(
                    path
                        + ": not a model (looked for config.json: a model; adapter_config.json: an"
                        + " adapter; GGUF files; resolved.yaml: a run; manifest.json: a checkpoint of a run);"
                        + " check the path"));
    return switch (kind) {
      case LLAVA -> new LlavaSource(LlavaDirectory.open(path), path);
      case DECODER -> new DecoderSource(path);
      case ADAPTER -> AdaptedSource.open(path, base);
      case ORIGINAL_TRAINING -> OriginalTrainingSource.open(path, base);
    };
  }

  private static Path finalModel(Path run) {
    Path model = RunDirectory.finalModel(run);
    if (Files.isDirectory(model)) {
      return model;
    }
    List<Path> checkpoints = Checkpoints.all(run);
    throw new ModelException(
        run
            + ": the run is not done (it has no "
            + model.getFileName()
            + "); "
            + (checkpoints.isEmpty()
                ? "it has no checkpoint yet either"
                : "its newest checkpoint is " + checkpoints.getLast()));
  }

  /// A source whose weights are changes of a base, which is another path.
  sealed interface OnBase permits AdaptedSource, OriginalTrainingSource {}

  /// Where the model's tokenizer and image processor are; of a decoder, both are its own directory.
  LlavaFiles files();

  /// How the model is asked.
  ModelCard card();

  /// The sizes of the model; empty for a decoder, which sees no images.
  Optional<ModelShape> shape();

  /// What an adapter of the model is to be told of its base.
  Lineage lineage();

  /// Directories and files whose weights the model has, its base's too; of a checkpoint, its own.
  List<Path> places();

  /// Whether adapters are at work on the model.
  boolean isAdapted();

  /// How the linear layers of the decoder are quantised as they are loaded.
  default Quantisation quantisation() {
    return Quantisation.NONE;
  }

  /// Loads every weight in a dtype, with adapters at work and unmerged; the model ends with the
  /// scope.
  default LanguageModel load(Engine engine, Scope scope, ScalarType type) {
    return load(new PartLoader(engine, scope, type));
  }

  /// Loads every weight, with adapters at work and unmerged.
  LanguageModel load(PartLoader loader);
}
