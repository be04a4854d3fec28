package dev.jlava.recipe;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/// One mapping of a recipe, read key by key. What is wrong is noted, and reading goes on with the
/// default; [#close] notes the keys that nobody asked for.
final class Section {
  private final Problems problems;
  private final String path;
  private final Optional<Mark> mark;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Optional<Mark>> keys = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();

  private Section(Problems problems, String path, Optional<Mark> mark) {
    this.problems = problems;
    this.path = path;
    this.mark = mark;
  }

  static Section of(Node node, String path, Problems problems) {
    Section section = new Section(problems, path, node.getStartMark());
    if (!(node instanceof MappingNode mapping)) {
      problems.add(node.getStartMark(), path, "expected a mapping (found " + kind(node) + ")");
      return section;
    }
    for (NodeTuple tuple : mapping.getValue()) {
      String key = ((ScalarNode) tuple.getKeyNode()).getValue();
      Optional<Mark> at = tuple.getKeyNode().getStartMark();
      if (section.values.put(key, tuple.getValueNode()) != null) {
        problems.add(at, section.below(key), "duplicate key; keep one");
      }
      section.keys.put(key, at);
    }
    return section;
  }

  private static String kind(Node node) {
    return switch (node) {
      case MappingNode _ -> "a mapping";
      case SequenceNode _ -> "a list";
      case ScalarNode scalar -> "'" + scalar.getValue() + "'";
      default -> "something else";
    };
  }

  private String below(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  boolean has(String key) {
    known.add(key);
    return values.containsKey(key);
  }

  private Optional<Node> node(String key) {
    known.add(key);
    return Optional.ofNullable(values.get(key));
  }

  void missing(String key, String what) {
    known.add(key);
    problems.add(mark, below(key), "missing (" + what + ")");
  }

  /// Notes that the value of a key is wrong.
  void wrong(String key, String what) {
    problems.add(keys.getOrDefault(key, mark), below(key), what);
  }

  private <T> Optional<T> scalar(String key, String expected, Function<String, T> parse) {
    return node(key)
        .flatMap(node -> {
          try {
            if (node instanceof ScalarNode scalar) {
              return Optional.of(parse.apply(scalar.getValue()));
            }
          } catch (IllegalArgumentException e) {
            // Noted below, with what was found.
          }
          String what = "expected " + expected + " (found " + kind(node) + ")";
          problems.add(node.getStartMark(), below(key), what);
          return Optional.empty();
        });
  }

  Optional<String> text(String key) {
    return scalar(key, "a text", t -> t);
  }

  String required(String key, String what) {
    if (!has(key)) {
      missing(key, what);
    }
    return text(key).orElse("");
  }

  Optional<Integer> positive(String key) {
    return scalar(
        key,
        "a whole number above 0",
        t -> {
          int value = Integer.parseInt(t);
          if (value <= 0) {
            throw new IllegalArgumentException();
          }
          return value;
        });
  }

  Optional<Integer> count(String key) {
    return scalar(
        key,
        "a whole number, 0 or above",
        t -> {
          int value = Integer.parseInt(t);
          if (value < 0) {
            throw new IllegalArgumentException();
          }
          return value;
        });
  }

  Optional<Double> number(String key, double least, double most) {
    String range =
        most == Double.MAX_VALUE ? "of at least " + least : "from " + least + " to " + most;
    return scalar(
        key,
        "a number " + range,
        t -> {
          double value = Double.parseDouble(t);
          if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException();
          }
          return value;
        });
  }

  Optional<Boolean> flag(String key) {
    return scalar(
        key,
        "true or false",
        t ->
            switch (t) {
              case "true" -> true;
              case "false" -> false;
              default -> throw new IllegalArgumentException();
            });
  }

  /// One of an enum's names in lower case.
  <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
    List<String> allowed =
        Arrays.stream(type.getEnumConstants()).map(e -> e.name().toLowerCase(Locale.ROOT)).toList();
    return one(key, allowed)
        .map(name -> Enum.valueOf(type, name.toUpperCase(Locale.ROOT)))
        .orElse(otherwise);
  }

  /// One of some texts.
  Optional<String> one(String key, List<String> allowed) {
    Optional<String> found = text(key);
    if (found.isPresent() && !allowed.contains(found.get())) {
      String suggestion = Problems.suggestion(found.get(), allowed);
      problems.add(
          node(key).flatMap(Node::getStartMark),
          below(key),
          "not allowed (found '" + found.get() + "', allowed " + allowed + ")" + suggestion);
      return Optional.empty();
    }
    return found;
  }

  Optional<Section> section(String key) {
    return node(key).map(node -> of(node, below(key), problems));
  }

  /// The mappings of a list.
  List<Section> sections(String key) {
    List<Section> all = new ArrayList<>();
    node(key)
        .ifPresent(node -> {
          if (node instanceof SequenceNode list) {
            for (Node item : list.getValue()) {
              all.add(of(item, below(key) + "." + all.size(), problems));
            }
          } else {
            problems.add(
                node.getStartMark(), below(key), "expected a list (found " + kind(node) + ")");
          }
        });
    return all;
  }

  /// The texts of a list of two numbers and the like.
  List<Double> numbers(String key, List<Double> otherwise) {
    return node(key)
        .map(node -> {
          try {
            List<Double> found =
                ((SequenceNode) node)
                    .getValue().stream()
                        .map(n -> Double.parseDouble(((ScalarNode) n).getValue()))
                        .toList();
            if (found.size() == otherwise.size()) {
              return found;
            }
          } catch (ClassCastException | NumberFormatException e) {
            // Noted below, with what was found.
          }
          String what = "expected " + otherwise.size() + " numbers (found " + kind(node) + ")";
          problems.add(node.getStartMark(), below(key), what);
          return otherwise;
        })
        .orElse(otherwise);
  }

  Set<String> keys() {
    return values.keySet();
  }

  /// Notes the keys that were never asked for.
  void close() {
    keys.forEach((key, at) -> {
      if (!known.contains(key)) {
        String allowed = known.stream().sorted().toList().toString();
        String suggestion = Problems.suggestion(key, known);
        problems.add(at, below(key), "unknown key (allowed " + allowed + ")" + suggestion);
      }
    });
  }
}
