package dev.jlava.model.export;

import dev.jlava.adapter.Quantisation;
import dev.jlava.data.conversation.Template;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.model.Adapter;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.Merge;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.model.Part;
import dev.jlava.model.PartLoader;
import dev.jlava.train.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A model written in another layout and read back: the directory takes its name only where the
/// logits of a probe are those of the model.
///
/// @param merge whether adapters are folded into the weights first
/// @param template the conversation template that the model was trained with, where its directory
///   does not tell
/// @param precision dtype in which both models compute
public record Export(
    ModelSource source,
    ExportFormat format,
    boolean merge,
    Optional<Template> template,
    ScalarType precision) {
  private static final String PARTIAL = ".partial";

  public Export {
    if (merge && format.keepsAdapters()) {
      throw new ModelException(
          "--merge: this layout is the adapters' own, which have to stay as they are; leave it out");
    }
  }

  /// Writes the directory.
  ///
  /// @param notes told what the user should know of it
  /// @throws ModelException where it cannot be written, or the model read back differs; then it
  ///   stays under another name
  public Agreement write(Engine engine, Path target, Consumer<String> notes) {
    requireEmpty(target);
    Path partial = target.resolveSibling(target.getFileName() + PARTIAL);
    requireEmpty(partial);
    Probe probe;
    List<String> adapters;
    float[] written;
    double bound;
    try (Scope scope = new Scope()) {
      LanguageModel model = format.prepared(engine, scope, source.load(engine, scope, precision));
      probe = Probe.of(model);
      written = probe.logits(engine, model);
      bound = format.bound(model);
      adapters =
          model.parts().stream().flatMap(Part::active).map(Adapter::name).distinct().toList();
      mergeOrRefuse(engine, model);
      format.write(new ExportFormat.Written(source, card(), model, notes), partial);
    }
    Agreement agreement = Agreement.of(written, read(engine, probe, partial, adapters), bound);
    if (!agreement.holds()) {
      throw new ModelException(
          target
              + ": the model read back is another one ("
              + agreement
              + "); what was written is in "
              + partial);
    }
    move(partial, target);
    return agreement;
  }

  private ModelCard card() {
    ModelCard own = source.card();
    if (template.isPresent() && source.shape().isEmpty()) {
      throw new ModelException(
          "--template: a decoder keeps the chat template of its own files; leave it out");
    }
    return new ModelCard(template.or(own::template), own.aspect());
  }

  private float[] read(Engine engine, Probe probe, Path directory, List<String> adapters) {
    try (Scope scope = new Scope()) {
      Quantisation quantisation =
          format.keepsAdapters() ? source.quantisation() : Quantisation.NONE;
      PartLoader loader = new PartLoader(engine, scope, precision, quantisation);
      LanguageModel model = format.reopen(source, directory, adapters).load(loader);
      return probe.logits(engine, model);
    }
  }

  private void mergeOrRefuse(Engine engine, LanguageModel model) {
    List<String> adapted =
        model.parts().stream().filter(p -> !p.adapters().isEmpty()).map(Part::name).toList();
    if (merge) {
      Merge.all(engine, model);
    } else if (!adapted.isEmpty() && !format.keepsAdapters()) {
      throw new ModelException(
          "the model has adapters (of "
              + String.join(", ", adapted)
              + "), which this layout cannot hold; fold them in with --merge, or write them by"
              + " themselves with --to peft");
    }
  }

  private static void requireEmpty(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> inside = Files.list(directory)) {
      if (inside.findAny().isPresent()) {
        throw new ModelException(
            directory + ": is there already; choose another directory, or remove it");
      }
    } catch (IOException e) {
      throw new ModelException(directory + ": cannot be written (" + e + ")", e);
    }
  }

  private static void move(Path partial, Path target) {
    try {
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new ModelException(target + ": cannot be written (" + e + ")", e);
    }
  }
}
