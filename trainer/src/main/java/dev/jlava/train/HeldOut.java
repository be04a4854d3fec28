package dev.jlava.train;

import dev.jlava.data.batch.LoadedStep;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.batch.PrefetchingLoader;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/// The held-out data of a stage, whose loss is measured now and then.
final class HeldOut {
  private final Engine engine;
  private final VisionLanguageModel model;
  private final Recipe.@Nullable Validation validation;
  private final @Nullable StageData data;

  HeldOut(Engine engine, VisionLanguageModel model, Recipe recipe, Recipe.Stage stage) {
    this.engine = engine;
    this.model = model;
    this.validation = stage.validation();
    this.data =
        validation == null
            ? null
            : new StageData(recipe, unshuffled(stage), validation.data(), model.tokensPerImage());
  }

  private static Recipe.Stage unshuffled(Recipe.Stage s) {
    return new Recipe.Stage(
        s.name(),
        s.train(),
        s.data(),
        s.template(),
        new Recipe.Order(false, Recipe.Group.NONE),
        s.epochs(),
        s.steps(),
        s.batch(),
        s.optimizer(),
        s.schedule(),
        s.problems(),
        s.image(),
        s.validation());
  }

  /// The loss where it is due after a step, in nats a label token.
  ///
  /// @param last whether the step is the stage's last
  OptionalDouble loss(int step, boolean last, LeftOut leftOut) {
    if (data == null || validation == null || (step % validation.every() != 0 && !last)) {
      return OptionalDouble.empty();
    }
    double loss = 0;
    long tokens = 0;
    try (PrefetchingLoader loader = data.load(0, data.stepsPerEpoch())) {
      for (Optional<LoadedStep> next = loader.next(); next.isPresent(); next = loader.next()) {
        while (next.get().hasNext()) {
          PackedBatch batch = next.get().next();
          try (Scope scope = new Scope();
              Tape tape = Tape.forwardOnly(engine.ops(scope))) {
            loss += model.train(tape, batch, 1);
          }
          tokens += batch.targets().length;
        }
        leftOut.add(next.get().report());
      }
    }
    return tokens == 0 ? OptionalDouble.empty() : OptionalDouble.of(loss / tokens);
  }
}
