package dev.jlava.train;

import dev.jlava.data.DataException;
import dev.jlava.data.batch.DroppedSample;
import dev.jlava.data.batch.StepReport;
import dev.jlava.recipe.Recipe;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/// The samples of a stage that are left out, each named once.
final class LeftOut {
  private static final int SHOWN = 5;

  private final Recipe.Stage stage;
  private final Progress progress;
  private final Set<DroppedSample> samples = new LinkedHashSet<>();

  LeftOut(Recipe.Stage stage, Progress progress) {
    this.stage = stage;
    this.progress = progress;
  }

  void add(StepReport report) {
    for (DroppedSample sample : report.dropped()) {
      if (samples.add(sample)) {
        progress.say("Left out: sample '" + sample.id() + "': " + sample.reason());
      }
    }
  }

  /// The fault where they are more than the recipe allows.
  Optional<DataException> tooMany() {
    int allowed = stage.problems().allowed();
    return samples.size() <= allowed
        ? Optional.empty()
        : Optional.of(
            new DataException(
                ("stage %s: %d samples are left out, problems.allowed is %d: %s; repair them or raise"
                        + " problems.allowed, then start the run again")
                    .formatted(
                        stage.name(),
                        samples.size(),
                        allowed,
                        samples.stream().limit(SHOWN).map(DroppedSample::id).toList())));
  }
}
