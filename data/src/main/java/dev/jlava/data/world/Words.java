package dev.jlava.data.world;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/// The world's little grammar: articles, lists, and names that point at one object only.
final class Words {
  private Words() {}

  /// `a red circle`, `an orange star`.
  static String withArticle(String name) {
    return ("aeiou".indexOf(name.charAt(0)) >= 0 ? "an " : "a ") + name;
  }

  /// `a, b and c`.
  static String list(List<String> items) {
    if (items.size() == 1) {
      return items.getFirst();
    }
    String head = items.subList(0, items.size() - 1).stream().collect(Collectors.joining(", "));
    return head + " and " + items.getLast();
  }

  /// The shortest of `star`, `red star` and `small red star` that no other object answers to.
  static Optional<String> reference(Scene scene, SceneObject object) {
    if (alone(scene, other -> other.shape() == object.shape())) {
      return Optional.of(object.shape().word());
    }
    if (alone(scene, other -> other.name().equals(object.name()))) {
      return Optional.of(object.name());
    }
    boolean full = alone(scene, other -> other.fullName().equals(object.fullName()));
    return full ? Optional.of(object.fullName()) : Optional.empty();
  }

  static boolean alone(Scene scene, Predicate<SceneObject> condition) {
    return scene.count(condition) == 1;
  }

  /// `there is 1 circle`, `there are 2 circles`.
  static String thereAre(int count, String things) {
    return (count == 1 ? "there is " : "there are ") + count + " " + things;
  }

  /// Any one of several, all equally likely.
  static <T> T pick(T[] values, RandomGenerator random) {
    return values[random.nextInt(values.length)];
  }
}
