package dev.jlava.adapter;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Which linear layers of a part get an adapter.
public sealed interface LoraTargets {
  /// Every one: PEFT's `all-linear`.
  record AllLinear() implements LoraTargets {}

  /// Those with one of these names, or with a name that ends in one after a dot: `q_proj`.
  record Names(List<String> names) implements LoraTargets {
    public Names {
      names = List.copyOf(names);
    }
  }

  /// Those whose whole name matches one of these regular expressions.
  record Patterns(List<Pattern> patterns) implements LoraTargets {
    public Patterns {
      patterns = List.copyOf(patterns);
    }
  }

  /// The chosen among layers, in their order.
  default List<String> choose(Collection<String> layers) {
    return switch (this) {
      case AllLinear _ -> List.copyOf(layers);
      case Names(List<String> names) ->
          layers.stream().filter(l -> names.stream().anyMatch(n -> endsIn(l, n))).toList();
      case Patterns(List<Pattern> patterns) ->
          layers.stream()
              .filter(l -> patterns.stream().anyMatch(p -> p.matcher(l).matches()))
              .toList();
    };
  }

  /// Names and patterns that choose none of the layers, as they were written.
  default List<String> unknown(Collection<String> layers) {
    List<String> unknown = new ArrayList<>();
    switch (this) {
      case AllLinear _ -> {}
      case Names(List<String> names) ->
          names.stream().filter(n -> none(layers, l -> endsIn(l, n))).forEach(unknown::add);
      case Patterns(List<Pattern> patterns) ->
          patterns.stream()
              .filter(p -> none(layers, p.asMatchPredicate()))
              .forEach(p -> unknown.add(p.pattern()));
    }
    return unknown;
  }

  private static boolean none(Collection<String> layers, Predicate<String> chosen) {
    return layers.stream().noneMatch(chosen);
  }

  /// Whether a module's name is the given one, or ends in it after a dot.
  static boolean endsIn(String module, String name) {
    return module.equals(name) || module.endsWith("." + name);
  }
}
