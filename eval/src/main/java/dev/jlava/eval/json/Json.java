package dev.jlava.eval.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The JSON files of evaluations. `NaN` and `Infinity` are numbers, as Python writes them.
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /// A file with one JSON value.
  public static Row file(Path file) {
    try {
      return new Row(file.toString(), MAPPER.readTree(text(file)));
    } catch (JsonProcessingException e) {
      throw broken(file + ":" + e.getLocation().getLineNr(), e);
    }
  }

  /// Whether a file is JSON lines and not one value: its first line is an object of its own, and
  /// either not the only line or one that holds `key`.
  public static boolean isLines(Path file, String key) {
    List<String> first = text(file).lines().filter(line -> !line.isBlank()).limit(2).toList();
    try {
      JsonNode value = first.isEmpty() ? null : MAPPER.readTree(first.getFirst());
      return value == null || (value.isObject() && (first.size() > 1 || value.has(key)));
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /// JSON lines; empty lines do not count.
  public static List<Row> lines(Path file) {
    return lines(file, text(file));
  }

  private static List<Row> lines(Path file, String text) {
    List<Row> rows = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (!line.isBlank()) {
        rows.add(line(file + ":" + number, line));
      }
    }
    return rows;
  }

  /// JSON lines of a file that may be growing: a last line without its end does not count.
  public static List<Row> linesSoFar(Path file) {
    String text = text(file);
    return lines(file, text.substring(0, text.lastIndexOf('\n') + 1));
  }

  /// The lines of several files, one after the other.
  public static List<Row> lines(List<Path> files) {
    return files.stream().flatMap(file -> lines(file).stream()).toList();
  }

  private static Row line(String where, String line) {
    try {
      return new Row(where, MAPPER.readTree(line));
    } catch (JsonProcessingException e) {
      throw broken(where, e);
    }
  }

  /// JSON lines of which some may be cut off or damaged.
  ///
  /// @param broken number of lines that are no JSON, empty ones included
  public record Readings(List<Row> rows, int broken) {}

  public static Readings readings(List<Path> files) {
    List<Row> rows = new ArrayList<>();
    int broken = 0;
    for (Path file : files) {
      int number = 0;
      for (String line : text(file).lines().toList()) {
        number++;
        if (line.isBlank()) {
          broken++;
          continue;
        }
        try {
          rows.add(line(file + ":" + number, line));
        } catch (DataException e) {
          broken++;
        }
      }
    }
    return new Readings(rows, broken);
  }

  /// A file's text, in UTF-8.
  public static String text(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(
          file
              + ": "
              + (Files.isDirectory(file) ? "a directory, not a file" : "no such file")
              + "; check the path");
    }
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read as UTF-8 text (" + e + ")", e);
    }
  }

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /// One line of JSON, in UTF-8.
  public static byte[] bytes(JsonNode json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /// With line breaks, for people to read.
  public static byte[] prettyBytes(JsonNode json) {
    return json.toPrettyString().getBytes(StandardCharsets.UTF_8);
  }

  private static DataException broken(String where, JsonProcessingException e) {
    return new DataException(
        where + ": broken JSON (" + e.getOriginalMessage() + "); repair the file", e);
  }
}
