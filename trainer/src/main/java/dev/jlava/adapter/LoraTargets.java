package dev.jlava.adapter;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Which linear layers of a part get an adapter.
public sealed interface LoraTargets {
  /// What a recipe writes for [AllLinear].
  String ALL_LINEAR = "all_linear";

  /// Every one: PEFT's `all-linear`.
  record AllLinear() implements LoraTargets {}

  /// Those with this name, or with a name that ends in it after a dot: `q_proj`.
  record Named(String name) implements LoraTargets {}

  /// Those whose whole name matches a regular expression.
  record Matching(Pattern pattern) implements LoraTargets {}

  /// Those that one of these chooses.
  record AnyOf(List<LoraTargets> targets) implements LoraTargets {
    public AnyOf {
      targets = List.copyOf(targets);
    }
  }

  /// Targets as a recipe writes them: `all_linear`; a name, which is made of letters, digits, `_`,
  /// `-` and `.`; or else a regular expression.
  ///
  /// @throws java.util.regex.PatternSyntaxException where it is none of these
  static LoraTargets of(List<String> written) {
    return new AnyOf(written.stream().map(LoraTargets::of).toList());
  }

  private static LoraTargets of(String written) {
    if (written.equals(ALL_LINEAR)) {
      return new AllLinear();
    }
    return written.matches("[\\w.-]+")
        ? new Named(written)
        : new Matching(Pattern.compile(written));
  }

  /// The chosen among layers, in their order.
  default List<String> choose(Collection<String> layers) {
    return layers.stream().filter(this::chooses).toList();
  }

  /// Whether a layer gets an adapter.
  default boolean chooses(String layer) {
    return switch (this) {
      case AllLinear _ -> true;
      case Named(String name) -> layer.equals(name) || layer.endsWith("." + name);
      case Matching(Pattern pattern) -> pattern.matcher(layer).matches();
      case AnyOf(List<LoraTargets> targets) -> targets.stream().anyMatch(t -> t.chooses(layer));
    };
  }

  /// Those of the targets that choose none of the layers, as they were written.
  default List<String> unknown(Collection<String> layers) {
    Stream<LoraTargets> all = this instanceof AnyOf any ? any.targets().stream() : Stream.of(this);
    return all.filter(t -> t.choose(layers).isEmpty()).map(LoraTargets::written).toList();
  }

  private String written() {
    return switch (this) {
      case AllLinear _ -> ALL_LINEAR;
      case Named(String name) -> name;
      case Matching(Pattern pattern) -> pattern.pattern();
      case AnyOf(List<LoraTargets> targets) ->
          targets.stream().map(LoraTargets::written).toList().toString();
    };
  }
}
