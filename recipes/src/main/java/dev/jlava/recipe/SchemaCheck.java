package dev.jlava.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A recipe against the schema: what is wrong in words, and the defaults of what is absent.
final class SchemaCheck {
  private final JsonNode schema;
  private final RecipeText text;
  private final Problems problems;

  SchemaCheck(JsonNode schema, RecipeText text, Problems problems) {
    this.schema = schema;
    this.text = text;
    this.problems = problems;
  }

  /// Notes every fault.
  void validate() {
    var config = SchemaValidatorsConfig.builder().pathType(PathType.JSON_POINTER).build();
    JsonSchemaFactory.getInstance(VersionFlag.V202012)
        .getSchema(schema, config)
        .validate(text.root())
        .forEach(this::note);
  }

  private void note(ValidationMessage message) {
    String pointer = message.getInstanceLocation().toString();
    String keyword = message.getType();
    JsonNode type = schema.at(message.getSchemaLocation().getFragment().getParent().toString());
    JsonNode found = text.root().at(pointer);
    String below = pointer + "/" + message.getProperty();
    switch (keyword) {
      case "additionalProperties" ->
          problems.add(text.key(below), below, unknown(message.getProperty(), type));
      case "required" -> {
        String about = type.at("/properties/" + message.getProperty() + "/description").asText();
        problems.add(text.value(pointer), below, "missing (" + about + ")");
      }
      case "minItems", "maxItems" -> problems.add(text.value(pointer), pointer, items(type, found));
      case "enum" -> {
        if (found.isTextual()) {
          problems.add(text.value(pointer), pointer, choice(found.asText(), type));
        }
      }
      default ->
          problems.add(
              text.value(pointer),
              pointer,
              "expected " + expected(type) + " (found " + shown(found) + ")");
    }
  }

  private static String unknown(String key, JsonNode type) {
    List<String> known = new ArrayList<>();
    type.path("properties").fieldNames().forEachRemaining(known::add);
    return "unknown key (allowed " + known + ")" + Problems.suggestion(key, known);
  }

  private static String choice(String found, JsonNode type) {
    List<String> allowed = new ArrayList<>();
    type.path("enum").forEach(item -> allowed.add(item.asText()));
    return "not allowed (found '"
        + found
        + "', allowed "
        + allowed
        + ")"
        + Problems.suggestion(found, allowed);
  }

  private static String items(JsonNode type, JsonNode found) {
    String expected =
        type.has("maxItems")
            ? type.path("maxItems").asText() + " items"
            : "at least " + type.path("minItems").asText() + " item";
    return "expected " + expected + " (found " + found.size() + ")";
  }

  private static String expected(JsonNode type) {
    String range = "";
    if (type.has("exclusiveMinimum")) {
      range = " above " + type.get("exclusiveMinimum").asText();
    } else if (type.has("minimum") && type.has("maximum")) {
      range = " from " + type.get("minimum").asText() + " to " + type.get("maximum").asText();
    } else if (type.has("minimum")) {
      range = " of at least " + type.get("minimum").asText();
    }
    return switch (type.path("type").asText()) {
      case "integer" -> "a whole number" + range;
      case "number" -> "a number" + range;
      case "boolean" -> "true or false";
      case "array" -> "a list";
      case "object" -> "a mapping";
      default ->
          type.has("enum")
              ? "one of " + type.get("enum")
              : type.has("pattern") ? "a text like " + type.get("pattern").asText() : "a text";
    };
  }

  private static String shown(JsonNode found) {
    return switch (found.getNodeType()) {
      case OBJECT -> "a mapping";
      case ARRAY -> "a list";
      case NULL -> "nothing";
      default -> "'" + found.asText() + "'";
    };
  }

  /// Writes the default of every absent key into the tree, all keys in the schema's order.
  void fill() {
    fill(schema, text.root());
  }

  private void fill(JsonNode type, JsonNode value) {
    JsonNode resolved = type.has("$ref") ? schema.at(type.get("$ref").asText().substring(1)) : type;
    if (value instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> property : resolved.path("properties").properties()) {
        JsonNode given = object.remove(property.getKey());
        JsonNode otherwise = property.getValue().get("default");
        if (given != null || otherwise != null) {
          JsonNode kept = given != null ? given : otherwise.deepCopy();
          object.set(property.getKey(), kept);
          fill(property.getValue(), kept);
        }
      }
    } else if (value instanceof ArrayNode array) {
      array.forEach(item -> fill(resolved.path("items"), item));
    }
  }
}
