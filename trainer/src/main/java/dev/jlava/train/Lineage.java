package dev.jlava.train;

import dev.jlava.model.ModelCard;
import dev.jlava.model.OriginalTraining;
import dev.jlava.model.Part;
import dev.jlava.model.PeftDirectory;
import dev.jlava.model.VisionLanguageModel;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// What a model comes from, and what it has that its base has not.
///
/// @param base where the base is; the model itself where it has none
/// @param tower where the vision tower is, beside a base that is a decoder; empty where the base
///   has every part
/// @param whole parts whose own weights are not the base's: trained, drawn at random, or merged
///   with an adapter
public record Lineage(Path base, Optional<Path> tower, Set<String> whole) {
  private static final String DECODER = "decoder";
  private static final String PROJECTOR = "projector";

  public Lineage {
    whole = Set.copyOf(whole);
  }

  static Lineage itself(Path model) {
    return new Lineage(model, Optional.empty(), Set.of());
  }

  /// The same with more parts whose own weights are not the base's.
  Lineage with(Collection<String> more) {
    Set<String> all = new TreeSet<>(whole);
    all.addAll(more);
    return new Lineage(base, tower, all);
  }

  /// Why the model's adapters cannot be written by themselves; empty where they can.
  public Optional<String> obstacle(VisionLanguageModel model) {
    Set<String> adapted = new TreeSet<>();
    for (Part part : model.parts()) {
      if (!part.adapters().isEmpty()) {
        adapted.add(part.name());
      }
    }
    Set<String> moved = new TreeSet<>(adapted);
    moved.retainAll(whole);
    if (!moved.isEmpty()) {
      return Optional.of(
          "the own weights of %s are not those of the base %s (trained whole, drawn at random, or merged with another adapter), so that its adapter does not fit there"
              .formatted(String.join(", ", moved), base));
    }
    Set<String> homeless = new TreeSet<>(adapted);
    homeless.addAll(whole);
    homeless.removeAll(Set.of(DECODER, PROJECTOR));
    if (tower.isPresent() && !homeless.isEmpty()) {
      return Optional.of(
          "the base is the decoder %s, beside whose adapter there is no place for what was trained or drawn of %s"
              .formatted(base, String.join(", ", homeless)));
    }
    return Optional.empty();
  }

  /// Writes the model's adapters, with what else its base has not: on a LLaVA in PEFT's layout, on
  /// a decoder in that of the original LLaVA's LoRA recipe.
  public void saveAdapters(VisionLanguageModel model, ModelCard card, Path target) {
    if (tower.isPresent()) {
      new OriginalTraining.Base(base, tower.get()).save(model, card, target);
    } else {
      PeftDirectory.save(model, whole, base, target);
      card.write(target);
    }
  }
}
