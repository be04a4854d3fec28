package dev.jlava.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.checkpoint.CheckpointException;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.DataException;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Libtorch;
import dev.jlava.recipe.Recipe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A run's `run.json`: what else than the recipe its numbers depend on.
public final class RunFacts {
  private static final String FILE = "run.json";
  private static final String COMMITS = "model_commits";

  private RunFacts() {}

  /// Writes the facts of a run that begins; of one that goes on, compares the data.
  ///
  /// @return floating-point operations a second of matrix products, measured when the run began
  /// @throws CheckpointException where data has changed since the run began
  static double check(RunDirectory directory, RecipePlan plan, boolean goesOn, Engine engine) {
    Recipe recipe = plan.recipe();
    ObjectNode hashes = hashes(recipe);
    Path file = directory.path().resolve(FILE);
    if (goesOn && Files.exists(file)) {
      return compare(file, hashes);
    }
    double flops = engine.measureFlops(new RecipeModel(recipe).type());
    ObjectNode facts = new ObjectMapper().createObjectNode();
    facts.put("begun", Instant.now().toString()).put("seed", recipe.seed());
    put(facts, engine.device().toString());
    facts.withObject("machine").put("flops_per_second", flops);
    facts.set("data_sha256", hashes);
    HubModels.commits(recipe).forEach(facts.putObject(COMMITS)::put);
    recipe.stages().forEach(stage -> put(facts.withArray("stages").addObject(), stage, plan));
    directory.write(FILE, facts.toPrettyString() + "\n");
    return flops;
  }

  /// Adds `versions` and `machine`.
  ///
  /// @param device what is computed on
  public static void put(ObjectNode facts, String device) {
    facts
        .putObject("versions")
        .put("jlava", commit())
        .put("jdk", Runtime.version().toString())
        .put("libtorch", Libtorch.version());
    facts
        .putObject("machine")
        .put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"))
        .put("architecture", System.getProperty("os.arch"))
        .put("cores", Runtime.getRuntime().availableProcessors())
        .put("device", device);
  }

  /// What the stage trains.
  private static void put(ObjectNode facts, Recipe.Stage stage, RecipePlan plan) {
    ArrayNode parts = facts.put("name", stage.name()).putArray("parts");
    for (PartPlan part : plan.stage(stage, Optional.empty()).parts()) {
      parts
          .addObject()
          .put("part", part.name())
          .put("parameters", part.parameters())
          .put("trained", part.trained())
          .put("lr", part.lr().orElse(null))
          .put("adapter", part.adapter());
    }
  }

  /// The commits of the hub's models that a run began with, by the recipe's keys; none of a run
  /// that has not begun.
  static Map<String, String> commits(Path run) {
    Path file = run.resolve(FILE);
    Map<String, String> commits = new TreeMap<>();
    if (Files.isRegularFile(file)) {
      read(file)
          .path(COMMITS)
          .properties()
          .forEach(commit -> commits.put(commit.getKey(), commit.getValue().asText()));
    }
    return commits;
  }

  private static JsonNode read(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read (" + e + ")", e);
    }
  }

  /// The commit that this project stands at; `unknown` outside of a git checkout.
  private static String commit() {
    String home = System.getProperty("jlava.home", ".");
    try {
      Process git =
          new ProcessBuilder("git", "-C", home, "rev-parse", "HEAD")
              .redirectErrorStream(true)
              .start();
      String commit = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return commit.matches("[0-9a-f]{40}\\n") ? commit.strip() : "unknown";
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static ObjectNode hashes(Recipe recipe) {
    ObjectNode hashes = new ObjectMapper().createObjectNode();
    for (Recipe.Stage stage : recipe.stages()) {
      for (Recipe.Data data : stage.data()) {
        String key = data.path().toString();
        if (!hashes.has(key)) {
          hashes.put(key, hash(data.path()));
        }
      }
    }
    return hashes;
  }

  private static String hash(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new DataException(file + ": no such file; check the stage's data path");
    }
    try {
      return Checkpoints.sha256(file);
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read (" + e + ")", e);
    }
  }

  private static double compare(Path file, ObjectNode hashes) {
    JsonNode facts = read(file);
    JsonNode before = facts.path("data_sha256");
    for (var data : hashes.properties()) {
      if (!data.getValue().equals(before.path(data.getKey()))) {
        throw new CheckpointException(
            data.getKey()
                + ": has changed since the run in "
                + file.getParent()
                + " began; put the file back, or choose another output");
      }
    }
    return facts.at("/machine/flops_per_second").asDouble();
  }
}
