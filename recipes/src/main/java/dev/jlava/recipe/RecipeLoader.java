package dev.jlava.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
  private static final Names NO_NAMES = new Names(List.of(), List.of());

  private RecipeLoader() {}

  /// A recipe, and its text with every default and setting written out.
  public record Resolved(Recipe recipe, String yaml) {}

  /// An evaluation, and its text with every default and setting written out.
  public record ResolvedEval(EvalRecipe evaluation, String yaml) {}

  /// Reads a recipe whose tasks are not looked at closer.
  ///
  /// @param settings values that replace the file's: `stages.align.batch.size=8`
  /// @param templates the conversation templates there are
  /// @throws RecipeException with every problem, one a line
  public static Resolved load(Path file, List<String> settings, List<String> templates) {
    return load(file, settings, new Names(templates, List.of()));
  }

  /// Reads a recipe.
  ///
  /// @param settings values that replace the file's: `stages.align.batch.size=8`
  /// @throws RecipeException with every problem, one a line
  public static Resolved load(Path file, List<String> settings, Names names) {
    JsonNode tree = checked(Recipe.class, file, settings, names);
    return new Resolved(bind(tree, Recipe.class), yaml(tree));
  }

  /// Reads an evaluation.
  ///
  /// @param settings values that replace the file's: `tasks.pope.samples=100`
  /// @throws RecipeException with every problem, one a line
  public static ResolvedEval loadEval(Path file, List<String> settings, Names names) {
    JsonNode tree = checked(EvalRecipe.class, file, settings, names);
    return new ResolvedEval(bind(tree, EvalRecipe.class), yaml(tree));
  }

  /// A judge without a file.
  ///
  /// @param settings its keys: `samples=3`, `budget.max_cost=1`
  /// @throws RecipeException with every problem, one a line
  public static EvalRecipe.Judge judge(List<String> settings) {
    Problems problems = new Problems("judge");
    RecipeText text = RecipeText.empty(problems);
    settings.forEach(text::set);
    SchemaCheck check = new SchemaCheck(judgeSchema(), text, problems);
    check.validate();
    new EvalChecks(NO_NAMES, text, problems).judge(text.root(), "");
    problems.raise();
    check.fill();
    return bind(text.root(), EvalRecipe.Judge.class);
  }

  private static JsonNode judgeSchema() {
    return RecipeSchema.of(EvalRecipe.Judge.class, NO_NAMES);
  }

  /// The keys of a judge, each with what it means and its default.
  public static Map<String, String> judgeKeys() {
    Map<String, String> keys = new LinkedHashMap<>();
    JsonNode schema = judgeSchema();
    for (var key : schema.get("properties").properties()) {
      if (!key.getKey().equals("budget")) {
        keys.put(key.getKey(), about(key.getValue()));
      }
    }
    schema
        .at("/$defs/Budget/properties")
        .properties()
        .forEach(key -> keys.put("budget." + key.getKey(), about(key.getValue())));
    return keys;
  }

  private static String about(JsonNode key) {
    String about = key.path("description").asText();
    return key.has("default") ? about + " (" + key.get("default").asText() + ")" : about;
  }

  /// Whether a file is a recipe, which trains, rather than an evaluation.
  public static boolean isRecipe(Path file) {
    return RecipeText.read(file, new Problems(file.toString())).root().has("stages");
  }

  /// The tree of a file that fits the schema and the checks, with every default filled in.
  private static JsonNode checked(Class<?> root, Path file, List<String> settings, Names names) {
    Problems problems = new Problems(file.toString());
    RecipeText text = RecipeText.read(file, problems);
    text.nest("eval", "tasks");
    for (String setting : settings) {
      text.set(setting);
      text.nest("eval", "tasks");
    }
    JsonNode schema = RecipeSchema.of(root, names);
    SchemaCheck check = new SchemaCheck(schema, text, problems);
    check.validate();
    EvalChecks tasks = new EvalChecks(names, text, problems);
    if (root == Recipe.class) {
      new CrossChecks(schema, text, problems).run();
      tasks.run("/eval/tasks");
    } else {
      tasks.run("/tasks");
    }
    problems.raise();
    check.fill();
    return text.root();
  }

  private static <T> T bind(JsonNode tree, Class<T> type) {
    ObjectMapper mapper =
        JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();
    try {
      return mapper.treeToValue(tree, type);
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
    Map<String, String> old = settings(before);
    Map<String, String> now = settings(after);
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

  /// The values of a resolved text by their keys, in the keys' order: `stages.0.batch.size`.
  public static Map<String, String> settings(String resolved) {
    Map<String, String> values = new TreeMap<>();
    flatten("", RecipeText.tree(resolved), values);
    return values;
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
