package dev.jlava.eval.run;

import dev.jlava.data.DataException;
import dev.jlava.eval.task.Item;
import dev.jlava.recipe.EvalRecipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/// Answered examples that stand in front of a question, drawn from a pool by the question's own
/// text and images: the same ones whenever and wherever it is asked, and never the question itself.
final class Shots {
  private final int count;
  private final List<Item> pool;

  private Shots(int count, List<Item> pool) {
    this.count = count;
    this.pool = pool;
  }

  /// Those that a task asks for.
  ///
  /// @throws DataException where the pool has too few examples, or some without an answer
  static Shots of(EvalRecipe.Task settings) {
    if (settings.shots() == 0) {
      return new Shots(0, List.of());
    }
    Path file = Objects.requireNonNull(settings.pool(), "shots without a pool passed the checks");
    List<Item> pool = Item.read(file, Optional.ofNullable(settings.poolImages()));
    for (int i = 0; i < pool.size(); i++) {
      if (pool.get(i).answer().isBlank()) {
        throw new DataException(
            "%s: question %s has no 'answer'; every example of a pool needs one"
                .formatted(file, pool.get(i).id()));
      }
    }
    if (pool.size() <= settings.shots()) {
      throw new DataException(
          "%s: %d examples for %d shots; a pool needs more than these, for a question is never its own example"
              .formatted(file, pool.size(), settings.shots()));
    }
    return new Shots(settings.shots(), pool);
  }

  /// The examples of a question, in the order to show.
  List<Item> before(Item item) {
    List<Item> others =
        pool.stream()
            .filter(one -> !same(one, item))
            .collect(Collectors.toCollection(ArrayList::new));
    if (others.size() < count) {
      throw new DataException(
          "question %s: the pool has %d examples beside the question itself, %d are needed"
              .formatted(item.id(), others.size(), count));
    }
    SplittableRandom random = new SplittableRandom(seed(item));
    List<Item> drawn = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      drawn.add(others.remove(random.nextInt(others.size())));
    }
    return drawn;
  }

  private static boolean same(Item one, Item other) {
    return one.question().equals(other.question())
        && one.images().stream()
            .map(Path::getFileName)
            .toList()
            .equals(other.images().stream().map(Path::getFileName).toList());
  }

  private static long seed(Item item) {
    long seed = item.id().asText().hashCode();
    return seed * 31 + item.question().hashCode();
  }
}
