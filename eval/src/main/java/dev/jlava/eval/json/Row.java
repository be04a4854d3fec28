package dev.jlava.eval.json;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.DataException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// A JSON value and where it stands, for messages.
///
/// @param where `file:line`, or a file and the way to the value
public record Row(String where, JsonNode json) {
  /// A text.
  public String text(String key) {
    return get(key, "a text", JsonNode::isTextual).asText();
  }

  /// A number or a text that names something, as text: 7 and "7" are the same.
  public String id(String key) {
    return get(key, "a number or text", JsonNode::isValueNode).asText();
  }

  /// A whole number.
  public int integer(String key) {
    return get(key, "a whole number", JsonNode::canConvertToInt).asInt();
  }

  public boolean has(String key) {
    return json.hasNonNull(key);
  }

  /// The value as it stands in the file.
  public JsonNode value(String key) {
    return get(key, "a value", value -> true);
  }

  /// An object inside.
  public Row object(String key) {
    return inner(key, get(key, "an object", JsonNode::isObject));
  }

  /// The elements of a list inside.
  public List<Row> list(String key) {
    return inner(key, get(key, "a list", JsonNode::isArray)).elements();
  }

  /// The texts of a list inside.
  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (Row element : list(key)) {
      if (!element.json().isTextual()) {
        throw element.wrong("not a text", element.json(), "a text");
      }
      texts.add(element.json().asText());
    }
    return texts;
  }

  /// The elements of this list.
  public List<Row> elements() {
    if (!json.isArray()) {
      throw wrong("not a list", json, "a list");
    }
    List<Row> elements = new ArrayList<>();
    for (JsonNode element : json) {
      elements.add(new Row(where + "[" + elements.size() + "]", element));
    }
    return elements;
  }

  /// The entries of this object, in the file's order.
  public Map<String, Row> entries() {
    if (!json.isObject()) {
      throw wrong("not an object", json, "an object");
    }
    Map<String, Row> entries = new LinkedHashMap<>();
    json.properties().forEach(e -> entries.put(e.getKey(), inner(e.getKey(), e.getValue())));
    return entries;
  }

  /// Rows by an id; the last of several with the same one stays, where the first stood.
  public static Map<String, Row> byId(List<Row> rows, String key) {
    Map<String, Row> byId = new LinkedHashMap<>();
    rows.forEach(row -> byId.put(row.id(key), row));
    return byId;
  }

  /// Rows by an id that no two of them have.
  public static Map<String, Row> byOwnId(List<Row> rows, String key) {
    Map<String, Row> byId = new LinkedHashMap<>();
    for (Row row : rows) {
      Row earlier = byId.put(row.id(key), row);
      if (earlier != null) {
        throw new DataException(
            "%s: %s %s for the second time (first in %s); keep one"
                .formatted(row.where(), key, row.id(key), earlier.where()));
      }
    }
    return byId;
  }

  public DataException wrong(String what, JsonNode found, String expected) {
    return new DataException(
        where
            + ": "
            + what
            + " (found "
            + shortened(found.toString())
            + ", expected "
            + expected
            + "); is this the right file?");
  }

  private Row inner(String key, JsonNode value) {
    return new Row(where + " " + key, value);
  }

  private JsonNode get(String key, String expected, Predicate<JsonNode> fits) {
    JsonNode value = json.get(key);
    if (value == null || value.isNull()) {
      throw wrong("no '" + key + "'", json, expected + " under '" + key + "'");
    }
    if (!fits.test(value)) {
      throw wrong("wrong '" + key + "'", value, expected);
    }
    return value;
  }

  private static String shortened(String text) {
    return text.length() <= 120 ? text : text.substring(0, 117) + "...";
  }
}
