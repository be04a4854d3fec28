package dev.jlava.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/// A recipe's YAML as a JSON tree that knows where each key and value stands.
final class RecipeText {
  /// Where something stands, counted from 1.
  record Place(int line, int column) {
    static final Place START = new Place(1, 1);

    static Place of(Optional<Mark> mark) {
      return mark.map(m -> new Place(m.getLine() + 1, m.getColumn() + 1)).orElse(START);
    }
  }

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Problems problems;
  private final Map<String, Place> keys = new HashMap<>();
  private final Map<String, Place> values = new HashMap<>();
  private final JsonNode root;

  private RecipeText(Problems problems, Node root) {
    this.problems = problems;
    this.root = json(root, "");
  }

  static RecipeText read(Path file, Problems problems) {
    if (!Files.isRegularFile(file)) {
      throw new RecipeException(file + ": no such file; give the path of a recipe");
    }
    try {
      return new RecipeText(problems, compose(Files.readString(file), file.toString()));
    } catch (IOException e) {
      throw new RecipeException(file + ": cannot be read (" + e + ")");
    }
  }

  /// A text without keys, for settings alone.
  static RecipeText empty(Problems problems) {
    return new RecipeText(problems, compose("{}", "settings"));
  }

  /// The JSON tree of a text, without places.
  static JsonNode tree(String yaml) {
    return new RecipeText(new Problems(""), compose(yaml, "resolved.yaml")).root();
  }

  private static Node compose(String yaml, String label) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(label)
            .setSchema(new CoreSchema())
            .setAllowDuplicateKeys(true)
            .build();
    try {
      return new Compose(settings)
          .composeString(yaml)
          .orElseThrow(() -> new RecipeException(label + ":1:1: empty; a recipe needs stages"));
    } catch (MarkedYamlEngineException e) {
      Place place = Place.of(e.getProblemMark());
      throw new RecipeException(
          label
              + ":"
              + place.line()
              + ":"
              + place.column()
              + ": not YAML ("
              + e.getProblem()
              + ")");
    }
  }

  JsonNode root() {
    return root;
  }

  /// Makes a list under a key of the root the value of a key in an object there: `eval: [ … ]`
  /// becomes `eval: { tasks: [ … ] }`. What stands in the list keeps its places.
  void nest(String key, String inner) {
    if (root instanceof ObjectNode object && object.get(key) instanceof ArrayNode list) {
      object.putObject(key).set(inner, list);
      move(keys, "/" + key, "/" + inner);
      move(values, "/" + key, "/" + inner);
    }
  }

  private static void move(Map<String, Place> places, String outer, String inner) {
    Map<String, Place> moved = new HashMap<>();
    places.forEach((pointer, place) -> {
      if (pointer.startsWith(outer + "/")) {
        moved.put(outer + inner + pointer.substring(outer.length()), place);
      }
    });
    places.putAll(moved);
  }

  /// Where the value at a path stands; of what is absent, where its parent stands.
  Place value(String pointer) {
    Place place = values.get(pointer);
    return place != null || pointer.isEmpty()
        ? Optional.ofNullable(place).orElse(Place.START)
        : value(parent(pointer));
  }

  /// Where the key at a path stands.
  Place key(String pointer) {
    Place place = keys.get(pointer);
    return place != null ? place : value(pointer);
  }

  static String parent(String pointer) {
    return pointer.substring(0, pointer.lastIndexOf('/'));
  }

  private JsonNode json(Node node, String pointer) {
    values.put(pointer, Place.of(node.getStartMark()));
    return switch (node) {
      case MappingNode mapping -> object(mapping, pointer);
      case SequenceNode sequence -> array(sequence, pointer);
      case ScalarNode scalar -> scalar(scalar, pointer);
      default -> throw new IllegalStateException("a YAML node of type " + node.getNodeType());
    };
  }

  private ObjectNode object(MappingNode mapping, String pointer) {
    ObjectNode object = JSON.objectNode();
    for (NodeTuple tuple : mapping.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode scalar)) {
        Place place = Place.of(tuple.getKeyNode().getStartMark());
        problems.add(place, pointer, "a key must be a word (found a list or a mapping)");
        continue;
      }
      String key = scalar.getValue();
      String below = pointer + "/" + key;
      Place place = Place.of(scalar.getStartMark());
      if (object.has(key)) {
        problems.add(place, below, "duplicate key; keep one");
        continue;
      }
      keys.put(below, place);
      object.set(key, json(tuple.getValueNode(), below));
    }
    return object;
  }

  private ArrayNode array(SequenceNode sequence, String pointer) {
    ArrayNode array = JSON.arrayNode();
    List<Node> items = sequence.getValue();
    for (int i = 0; i < items.size(); i++) {
      array.add(json(items.get(i), pointer + "/" + i));
    }
    return array;
  }

  private JsonNode scalar(ScalarNode scalar, String pointer) {
    String text = scalar.getValue();
    Tag tag = scalar.getTag();
    try {
      if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
        return new ObjectMapper().readTree(text.startsWith("+") ? text.substring(1) : text);
      }
    } catch (IOException e) {
      problems.add(
          value(pointer), pointer, "a number in plain form is needed (found '" + text + "')");
    }
    if (tag.equals(Tag.BOOL)) {
      return JSON.booleanNode(text.equalsIgnoreCase("true"));
    }
    return tag.equals(Tag.NULL) ? JSON.nullNode() : JSON.textNode(text);
  }

  /// Puts a value in the place of another: `stages.align.batch.size=8`. Items of a list go by index
  /// or by their name.
  void set(String setting) {
    int equals = setting.indexOf('=');
    if (equals < 1) {
      throw new RecipeException("--set " + setting + ": expected KEY=VALUE, such as seed=7");
    }
    String[] path = setting.substring(0, equals).split("\\.", -1);
    JsonNode at = root;
    String pointer = "";
    for (int i = 0; i < path.length; i++) {
      String key = at.isArray() ? index(at, path[i], setting) : path[i];
      pointer += "/" + key;
      if (i == path.length - 1) {
        JsonNode value = json(compose(setting.substring(equals + 1), "--set " + setting), pointer);
        put(at, key, value, setting);
      } else {
        JsonNode below = at.isArray() ? at.get(Integer.parseInt(key)) : at.get(key);
        if (below == null && at instanceof ObjectNode object) {
          below = object.putObject(key);
        }
        if (below == null || !below.isContainerNode()) {
          throw new RecipeException("--set " + setting + ": " + path[i] + " holds no keys");
        }
        at = below;
      }
    }
  }

  private static void put(JsonNode at, String key, JsonNode value, String setting) {
    switch (at) {
      case ObjectNode object -> object.set(key, value);
      case ArrayNode array -> array.set(Integer.parseInt(key), value);
      default -> throw new RecipeException("--set " + setting + ": " + key + " has no parent");
    }
  }

  private static String index(JsonNode list, String key, String setting) {
    for (int i = 0; i < list.size(); i++) {
      if (key.equals(Integer.toString(i)) || list.get(i).path("name").asText().equals(key)) {
        return Integer.toString(i);
      }
    }
    throw new RecipeException(
        "--set " + setting + ": no item '" + key + "' (found " + list.size() + " items)");
  }
}
