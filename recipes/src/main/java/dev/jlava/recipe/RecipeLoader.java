package dev.jlava.recipe;

import dev.jlava.recipe.Recipe.Activations;
import dev.jlava.recipe.Recipe.Aspect;
import dev.jlava.recipe.Recipe.Average;
import dev.jlava.recipe.Recipe.Precision;
import dev.jlava.recipe.Recipe.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/// Reads recipes. All problems of a file are reported at once, each with its place.
public final class RecipeLoader {
  /// The parts of a model that a stage can train.
  private static final List<String> PARTS = List.of("vision", "projector", "decoder");

  private final List<String> templates;

  private RecipeLoader(List<String> templates) {
    this.templates = templates;
  }

  /// Reads a recipe.
  ///
  /// @param templates the conversation templates there are
  /// @throws RecipeException with every problem, one a line
  public static Recipe load(Path file, List<String> templates) {
    Problems problems = new Problems(file.toString());
    Node root = compose(file);
    Section section = Section.of(root, "", problems);
    Recipe recipe = new RecipeLoader(templates).recipe(section);
    section.close();
    problems.raise();
    return recipe;
  }

  private static Node compose(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new RecipeException(file + ": no such file; give the path of a recipe");
    }
    try {
      LoadSettings settings =
          LoadSettings.builder().setLabel(file.toString()).setAllowDuplicateKeys(true).build();
      return new Compose(settings)
          .composeString(Files.readString(file))
          .orElseThrow(() -> new RecipeException(file + ":1:1: empty; a recipe needs stages"));
    } catch (MarkedYamlEngineException e) {
      String place =
          e.getProblemMark().map(m -> (m.getLine() + 1) + ":" + (m.getColumn() + 1)).orElse("1:1");
      throw new RecipeException(file + ":" + place + ": not YAML (" + e.getProblem() + ")");
    } catch (IOException e) {
      throw new RecipeException(file + ": cannot be read (" + e + ")");
    }
  }

  private Recipe recipe(Section s) {
    String name = s.required("name", "the recipe's name");
    long seed = s.count("seed").orElse(42);
    Path output = Path.of(s.text("output").orElse("checkpoints/" + name));
    Recipe.Model model = new Recipe.Model(Path.of(""), Aspect.SQUARE, 2048);
    if (s.has("model")) {
      model = model(s.section("model").orElseThrow());
    } else {
      s.missing("model", "the model to train");
    }
    Recipe.Compute runtime =
        s.section("runtime")
            .map(this::runtime)
            .orElse(new Recipe.Compute(Precision.BF16, Activations.KEEP, 0));
    Average average = s.section("loss").map(this::average).orElse(Average.GLOBAL_TOKENS);
    List<Recipe.Stage> stages = stages(s, average);
    return new Recipe(name, seed, output, model, runtime, stages, average);
  }

  private Recipe.Model model(Section s) {
    Path path = Path.of(s.required("path", "a LLaVA directory in Hugging Face's layout"));
    Aspect aspect = s.section("image").map(this::aspect).orElse(Aspect.SQUARE);
    int maxTokens = s.positive("max_tokens").orElse(2048);
    s.close();
    return new Recipe.Model(path, aspect, maxTokens);
  }

  private Aspect aspect(Section s) {
    Aspect aspect = s.choice("aspect", Aspect.class, Aspect.SQUARE);
    s.close();
    return aspect;
  }

  private Recipe.Compute runtime(Section s) {
    Precision precision = s.choice("precision", Precision.class, Precision.BF16);
    Activations activations = s.choice("activations", Activations.class, Activations.KEEP);
    int threads = s.count("threads").orElse(0);
    s.close();
    return new Recipe.Compute(precision, activations, threads);
  }

  private Average average(Section s) {
    Average average = s.choice("average", Average.class, Average.GLOBAL_TOKENS);
    s.close();
    return average;
  }

  private List<Recipe.Stage> stages(Section s, Average average) {
    List<Recipe.Stage> stages = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Section section : s.sections("stages")) {
      Recipe.Stage stage = stage(section, average);
      if (!names.add(stage.name())) {
        section.wrong("name", "another stage has this name (found '" + stage.name() + "')");
      }
      section.close();
      stages.add(stage);
    }
    if (stages.isEmpty()) {
      s.missing("stages", "a list of at least one stage");
    }
    return stages;
  }

  private Recipe.Stage stage(Section s, Average average) {
    String name = s.required("name", "the stage's name");
    Map<String, Recipe.Train> train = train(s);
    List<Recipe.Data> data = data(s);
    if (!s.has("template")) {
      s.missing("template", "one of " + templates);
    }
    String template = s.one("template", templates).orElse("");
    Recipe.Order order = s.section("order").map(this::order).orElse(new Recipe.Order(true));
    Optional<Integer> steps = s.positive("steps");
    if (steps.isPresent() && s.has("epochs")) {
      s.wrong("steps", "both epochs and steps are given; keep one");
    }
    double epochs = s.number("epochs", 0, 1e6).orElse(1.0);
    Recipe.Batch batch = batch(s, average);
    return new Recipe.Stage(
        name,
        train,
        data,
        template,
        order,
        epochs,
        steps,
        batch,
        s.section("optimizer")
            .map(this::optimizer)
            .orElse(new Recipe.Optimizer(0.9, 0.999, 1e-8, 0, 1)),
        s.section("schedule")
            .map(this::schedule)
            .orElse(new Recipe.Schedule(Shape.COSINE, Optional.of(0.03), Optional.empty())),
        s.section("problems").map(this::problems).orElse(new Recipe.Problems(false)),
        s.section("image").map(this::aspect));
  }

  private Map<String, Recipe.Train> train(Section s) {
    Map<String, Recipe.Train> train = new LinkedHashMap<>();
    s.section("train")
        .ifPresent(parts -> {
          for (String part : PARTS) {
            parts.section(part).ifPresent(p -> train.put(part, train(p, part)));
          }
          parts.close();
        });
    if (train.isEmpty()) {
      s.missing("train", "at least one part of " + PARTS + ", each with its lr");
    }
    return train;
  }

  private Recipe.Train train(Section s, String part) {
    if (!s.has("lr")) {
      s.missing("lr", "the learning rate of the " + part);
    }
    double lr = s.number("lr", 0, 10).orElse(0.0);
    s.close();
    return new Recipe.Train(lr);
  }

  private List<Recipe.Data> data(Section s) {
    List<Recipe.Data> data = new ArrayList<>();
    for (Section item : s.sections("data")) {
      Path path = Path.of(item.required("path", "a LLaVA JSON or JSONL file"));
      data.add(new Recipe.Data(path, Path.of(item.text("images").orElse("."))));
      item.close();
    }
    if (data.isEmpty()) {
      s.missing("data", "a list of at least one file");
    }
    return data;
  }

  private Recipe.Order order(Section s) {
    boolean shuffle = s.flag("shuffle").orElse(true);
    s.close();
    return new Recipe.Order(shuffle);
  }

  private Recipe.Batch batch(Section stage, Average average) {
    if (!stage.has("batch")) {
      stage.missing("batch", "{ size: samples of a step, micro_tokens or micro_size }");
      return new Recipe.Batch(1, Optional.of(16384), Optional.empty());
    }
    Section s = stage.section("batch").orElseThrow();
    int size = s.positive("size").orElse(1);
    Optional<Integer> tokens = s.positive("micro_tokens");
    Optional<Integer> samples = s.positive("micro_size");
    if (tokens.isPresent() && samples.isPresent()) {
      s.wrong("micro_size", "both micro_tokens and micro_size are given; keep one");
    }
    if (average == Average.MICRO_BATCH && samples.isEmpty()) {
      s.missing("micro_size", "loss.average micro_batch needs it");
    }
    s.close();
    boolean neither = tokens.isEmpty() && samples.isEmpty();
    return new Recipe.Batch(size, neither ? Optional.of(16384) : tokens, samples);
  }

  private Recipe.Optimizer optimizer(Section s) {
    s.one("type", List.of("adamw"));
    List<Double> betas = s.numbers("betas", List.of(0.9, 0.999));
    Recipe.Optimizer optimizer =
        new Recipe.Optimizer(
            betas.get(0),
            betas.get(1),
            s.number("eps", 0, 1).orElse(1e-8),
            s.number("weight_decay", 0, 10).orElse(0.0),
            s.number("clip_norm", 0, Double.MAX_VALUE).orElse(1.0));
    s.close();
    return optimizer;
  }

  private Recipe.Schedule schedule(Section s) {
    Shape type = s.choice("type", Shape.class, Shape.COSINE);
    Optional<Double> ratio = s.number("warmup_ratio", 0, 1);
    Optional<Integer> steps = s.count("warmup_steps");
    if (ratio.isPresent() && steps.isPresent()) {
      s.wrong("warmup_steps", "both warmup_ratio and warmup_steps are given; keep one");
    }
    s.close();
    return new Recipe.Schedule(type, ratio, steps);
  }

  private Recipe.Problems problems(Section s) {
    boolean truncate =
        s.one("too_long", List.of("error", "truncate")).orElse("error").equals("truncate");
    s.close();
    return new Recipe.Problems(truncate);
  }
}
