package dev.jlava.eval.judge;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonNumbers;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What images show, in words, by the image's name. The keys of a file tell LLaVA's two kinds
/// apart.
///
/// @param prefix what goes before a question's category to find its rule
record Context(Map<String, String> byImage, String prefix) {
  /// Captions alone: categories `llava_bench_conv`, …
  private static final String CAPTIONS_PREFIX = "llava_bench_";

  Context {
    byImage = Map.copyOf(byImage);
  }

  /// Reads rows of `image` and either `caption` (a text or a list) or `captions` and `instances`
  /// (`category`, `bbox`).
  static Context read(Path file) {
    List<Row> rows = Json.lines(file);
    if (rows.isEmpty()) {
      throw new DataException(file + ": no context (an empty file); is this the right file?");
    }
    boolean boxes = rows.getFirst().has("instances");
    Map<String, String> byImage = new HashMap<>();
    rows.forEach(row -> byImage.put(row.id("image"), boxes ? withBoxes(row) : captions(row)));
    return new Context(byImage, boxes ? "" : CAPTIONS_PREFIX);
  }

  private static String captions(Row row) {
    return row.value("caption").isArray()
        ? String.join("\n", row.texts("caption"))
        : row.text("caption");
  }

  private static String withBoxes(Row row) {
    List<String> lines = new ArrayList<>();
    for (Row instance : row.list("instances")) {
      lines.add(
          instance.text("category")
              + ": "
              + instance.list("bbox").stream()
                  .map(number -> python(number.json()))
                  .collect(Collectors.joining(", ", "[", "]")));
    }
    return String.join("\n", row.texts("captions")) + "\n\n" + String.join("\n", lines);
  }

  private static String python(JsonNode number) {
    return number.isFloatingPointNumber()
        ? PythonNumbers.repr(number.asDouble())
        : number.toString();
  }
}
