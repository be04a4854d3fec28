package dev.jlava.eval.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.WholeFile;
import dev.jlava.recipe.EvalRecipe;
import dev.jlava.train.RunFacts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/// An evaluation's `eval.json`: settings, versions, machine, models, and when it ran.
final class EvalFacts {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
          .addModule(new SimpleModule().addSerializer(Path.class, ToStringSerializer.instance))
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .build();

  private final Path file;
  private final EvalRecipe evaluation;

  EvalFacts(Path directory, EvalRecipe evaluation) {
    this.file = directory.resolve("eval.json");
    this.evaluation = evaluation;
  }

  /// Settings under their names in recipes; paths as they were given.
  static ObjectNode tree(Record settings) {
    return MAPPER.valueToTree(settings);
  }

  void begin(List<EvaluatedModel> models, String device) {
    String started =
        Files.exists(file) ? Json.file(file).text("started") : Instant.now().toString();
    ObjectNode facts = Json.object();
    facts.set("settings", tree(evaluation));
    RunFacts.put(facts, device);
    facts.put("working_directory", Path.of("").toAbsolutePath().toString());
    ArrayNode all = facts.putArray("models");
    for (EvaluatedModel model : models) {
      all.addObject()
          .put("label", model.label())
          .put("path", model.path().toString())
          .put("weights_sha256", model.weightsHash());
    }
    WholeFile.write(file, Json.prettyBytes(facts.put("started", started)));
  }

  void finish() {
    ObjectNode facts = (ObjectNode) Json.file(file).json();
    WholeFile.write(file, Json.prettyBytes(facts.put("finished", Instant.now().toString())));
  }
}
