package dev.jlava.recipe;

import com.fasterxml.classmate.ResolvedType;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.CustomDefinition;
import com.github.victools.jsonschema.generator.FieldScope;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerationContext;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/// The JSON Schema of recipes and evaluations (draft 2020-12), generated from their records.
public final class RecipeSchema {
  private RecipeSchema() {}

  /// The schema of recipes, for editors: `eval` is an object or its list of tasks alone.
  public static JsonNode ofRecipes(Names names) {
    JsonNode schema = of(Recipe.class, names);
    ObjectNode properties = (ObjectNode) schema.get("properties");
    ObjectNode object = (ObjectNode) properties.get("eval");
    ObjectNode either = properties.putObject("eval");
    either.set("description", object.remove("description"));
    either.putArray("anyOf").add(object).add(schema.at("/$defs/Eval/properties/tasks").deepCopy());
    return schema;
  }

  /// The schema of evaluations, for editors.
  public static JsonNode ofEvaluations(Names names) {
    return of(EvalRecipe.class, names);
  }

  /// The schema of a record tree, for the loader.
  static JsonNode of(Class<?> root, Names names) {
    var config =
        new SchemaGeneratorConfigBuilder(SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
            .with(Option.FORBIDDEN_ADDITIONAL_PROPERTIES_BY_DEFAULT)
            .with(Option.DEFINITIONS_FOR_ALL_OBJECTS);
    config
        .forTypesInGeneral()
        .withCustomDefinitionProvider(RecipeSchema::simple)
        .withPropertySorter((_, _) -> 0);
    config
        .forFields()
        .withPropertyNameOverrideResolver(f -> new SnakeCaseStrategy().translate(f.getName()))
        .withDescriptionResolver(f -> key(f).map(Key::about).orElse(null))
        .withDefaultResolver(f -> key(f).map(RecipeSchema::otherwise).orElse(null))
        .withRequiredCheck(RecipeSchema::required)
        .withNumberInclusiveMinimumResolver(f -> number(f, Key::least))
        .withNumberExclusiveMinimumResolver(f -> number(f, Key::above))
        .withNumberInclusiveMaximumResolver(f -> number(f, Key::most))
        .withArrayMinItemsResolver(f -> items(f, Key::least))
        .withArrayMaxItemsResolver(f -> items(f, Key::most))
        .withStringPatternResolver(RecipeSchema::pattern);
    JsonNode generated = new SchemaGenerator(config.build()).generateSchema(root);
    // Through text, so that defaults become plain nodes.
    JsonNode schema = parse(generated.toString());
    allow(schema, "/$defs/Stage/properties/template", names.templates());
    allow(schema, "/properties/template", names.templates());
    allow(schema, "/$defs/Task/properties/type", names.taskNames());
    return schema;
  }

  private static void allow(JsonNode schema, String pointer, List<String> choices) {
    if (schema.at(pointer) instanceof ObjectNode property && !choices.isEmpty()) {
      property.remove("pattern");
      choices.forEach(property.putArray("enum")::add);
    }
  }

  /// Paths are texts; choices are texts in lower case; a list of texts may be one text.
  private static @Nullable CustomDefinition simple(
      ResolvedType type, SchemaGenerationContext context) {
    ObjectNode node = context.getGeneratorConfig().createObjectNode();
    if (type.getErasedType() == Path.class) {
      node.put("type", "string");
    } else if (type.isInstanceOf(Enum.class)) {
      node.put("type", "string");
      Arrays.stream(type.getErasedType().getEnumConstants())
          .map(choice -> choice.toString().toLowerCase(Locale.ROOT))
          .forEach(node.putArray("enum")::add);
    } else if (type.isInstanceOf(List.class)
        && type.getTypeParameters().getFirst().getErasedType() == String.class) {
      node.putArray("type").add("array").add("string");
      node.putObject("items").put("type", "string");
    } else {
      return null;
    }
    return new CustomDefinition(node, true);
  }

  private static Optional<Key> key(FieldScope field) {
    return Optional.ofNullable(field.getAnnotation(Key.class))
        .filter(k -> !field.isFakeContainerItemScope());
  }

  private static @Nullable Object otherwise(Key key) {
    return key.otherwise().isEmpty() ? null : parse(key.otherwise());
  }

  private static JsonNode parse(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not JSON: " + json, e);
    }
  }

  private static boolean required(FieldScope field) {
    boolean nullable = field.getRawMember().getAnnotatedType().isAnnotationPresent(Nullable.class);
    return !nullable && key(field).map(k -> k.otherwise().isEmpty()).orElse(false);
  }

  private static boolean isList(FieldScope field) {
    return List.class.isAssignableFrom(field.getRawMember().getType());
  }

  private static @Nullable BigDecimal number(FieldScope field, ToDoubleFunction<Key> bound) {
    return isList(field) ? null : key(field).map(k -> finite(bound.applyAsDouble(k))).orElse(null);
  }

  private static @Nullable Integer items(FieldScope field, ToDoubleFunction<Key> bound) {
    BigDecimal count =
        isList(field) ? key(field).map(k -> finite(bound.applyAsDouble(k))).orElse(null) : null;
    return count == null ? null : count.intValueExact();
  }

  private static @Nullable BigDecimal finite(double bound) {
    return Double.isFinite(bound) ? BigDecimal.valueOf(bound).stripTrailingZeros() : null;
  }

  private static @Nullable String pattern(FieldScope field) {
    return key(field)
        .map(Key::pattern)
        .filter(p -> !p.isEmpty())
        .map(p -> "^(" + p + ")$")
        .orElse(null);
  }
}
