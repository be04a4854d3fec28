package dev.jlava.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/// Reads recipes. All problems of a file are reported at once, each with its place.
public final class RecipeLoader {
  private RecipeLoader() {}

  /// A recipe, and its text with every default and setting written out.
  public record Resolved(Recipe recipe, String yaml) {}

  /// Reads a recipe.
  ///
  /// @param settings values that replace the file's: `stages.align.batch.size=8`
  /// @param templates the conversation templates there are
  /// @throws RecipeException with every problem, one a line
  public static Resolved load(Path file, List<String> settings, List<String> templates) {
    Problems problems = new Problems(file.toString());
    RecipeText text = RecipeText.read(file, problems);
    settings.forEach(text::set);
    JsonNode schema = RecipeSchema.of(templates);
    SchemaCheck check = new SchemaCheck(schema, text, problems);
    check.validate();
    new CrossChecks(schema, text, problems).run();
    problems.raise();
    check.fill();
    return new Resolved(bind(text.root()), yaml(text.root()));
  }

  private static Recipe bind(JsonNode tree) {
    ObjectMapper mapper =
        JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();
    try {
      return mapper.treeToValue(tree, Recipe.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a recipe that fits the schema does not bind: " + tree, e);
    }
  }

  private static String yaml(JsonNode tree) {
    Object plain = new ObjectMapper().convertValue(tree, Map.class);
    DumpSettings settings =
        DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).setIndent(2).build();
    return new Dump(settings).dumpToString(plain);
  }

  /// What two resolved texts differ in, one key a line.
  public static List<String> differences(String before, String after) {
    Map<String, String> old = new TreeMap<>();
    Map<String, String> now = new TreeMap<>();
    flatten("", RecipeText.tree(before), old);
    flatten("", RecipeText.tree(after), now);
    Set<String> keys = new TreeSet<>(old.keySet());
    keys.addAll(now.keySet());
    List<String> lines = new ArrayList<>();
    for (String key : keys) {
      String was = old.getOrDefault(key, "nothing");
      String is = now.getOrDefault(key, "nothing");
      if (!was.equals(is)) {
        lines.add(key + ": was " + was + ", is " + is);
      }
    }
    return lines;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> into) {
    if (node.isObject()) {
      String below = path.isEmpty() ? "" : path + ".";
      node.properties().forEach(p -> flatten(below + p.getKey(), p.getValue(), into));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        flatten(path + "." + i, node.get(i), into);
      }
    } else {
      into.put(path, node.asText());
    }
  }
}
