package dev.jlava.train;

import dev.jlava.adapter.Quantisation;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tape;
import dev.jlava.model.AdapterLayout;
import dev.jlava.model.ModelShape;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A dry run of a recipe on shapes: configurations are read, weights are not.
public final class RecipePlan {
  private final Recipe recipe;
  private final ModelShape shape;
  private final StageAdapters adapters;

  private RecipePlan(Recipe recipe, ModelShape shape, StageAdapters adapters) {
    this.recipe = recipe;
    this.shape = shape;
    this.adapters = adapters;
  }

  /// Reads the configurations and checks the adapters.
  public static RecipePlan of(Recipe recipe) {
    ModelShape shape = new RecipeModel(recipe).shape();
    recipe.stages().forEach(stage -> requireTrainable(stage, shape));
    return new RecipePlan(recipe, shape, StageAdapters.of(recipe, shape));
  }

  /// Checks that no part is to train whole that its files hold quantised.
  private static void requireTrainable(Recipe.Stage stage, ModelShape shape) {
    for (String part : stage.train().whole()) {
      Quantisation stored = shape.stored().get(part);
      if (stored != null) {
        throw new RecipeException(
            "stages.%1$s.train.%2$s: the %2$s's files hold it quantised (found %3$s), and its weights cannot train; give it an adapter, which trains beside them, or name a model that is not quantised"
                .formatted(stage.name(), part, PartPlan.text(stored)));
      }
    }
  }

  Recipe recipe() {
    return recipe;
  }

  StageAdapters adapters() {
    return adapters;
  }

  /// The plan of every stage, with its data where all of its files are there.
  public List<StagePlan> stages() {
    List<StagePlan> plans = new ArrayList<>();
    for (Recipe.Stage stage : recipe.stages()) {
      boolean there = stage.data().stream().allMatch(d -> Files.isRegularFile(d.path()));
      plans.add(
          stage(
              stage,
              there
                  ? Optional.of(DataFacts.of(StageData.samples(stage.data(), recipe.seed())))
                  : Optional.empty()));
    }
    return plans;
  }

  StagePlan stage(Recipe.Stage stage, Optional<DataFacts> data) {
    Map<String, Recipe.Train> trained = stage.train().byPart();
    Map<String, List<AdapterLayout>> layouts = layouts(stage);
    ScalarType type = new RecipeModel(recipe).type();
    List<PartPlan> parts = new ArrayList<>();
    for (String part : ModelShape.parts()) {
      PartPlan plan =
          PartPlan.of(
                  part,
                  shape.tensors(part),
                  training(stage, trained.get(part)),
                  Optional.ofNullable(layouts.get(part)).map(List::getLast),
                  type)
              .with(others(stage, part));
      parts.add(quantised(plan, type));
    }
    StagePlan.Tokens tokens = new StagePlan.Tokens(shape.tokensPerImage(), microTokens(stage));
    return new StagePlan(
        stage,
        parts,
        recipe.runtime(),
        memory(trained.keySet(), layouts, tokens),
        tokens,
        flops(trained.keySet(), layouts, data.orElse(DataFacts.ASSUMED)) * stage.batch().size(),
        data);
  }

  private PartPlan quantised(PartPlan part, ScalarType type) {
    Quantisation quantisation = quantisation(part.name());
    return quantisation == Quantisation.NONE
        ? part
        : part.quantised(quantisation, shape.bytes(part.name(), type, quantisation), type);
  }

  /// How a part's linear layers are in memory: as the files have them, else as the recipe asks.
  private Quantisation quantisation(String part) {
    Quantisation asked =
        part.equals("decoder") ? new RecipeModel(recipe).quantisation() : Quantisation.NONE;
    return shape.stored().getOrDefault(part, asked);
  }

  private PartPlan.@Nullable Training training(Recipe.Stage stage, Recipe.@Nullable Train train) {
    boolean paged = stage.optimizer().paged() && !isOnCpu();
    return train == null ? null : new PartPlan.Training(train, stage.optimizer(), paged);
  }

  /// Adapters of a part but the one that training means.
  private List<AdapterLayout> others(Recipe.Stage stage, String part) {
    StageAdapters.OfPart found = adapters.during(stage).get(part);
    return found == null
        ? List.of()
        : found.all().entrySet().stream()
            .filter(e -> !e.getKey().equals(found.active().getLast()))
            .map(e -> e.getValue().layout())
            .toList();
  }

  private StagePlan.Transient memory(
      Set<String> trained, Map<String, List<AdapterLayout>> layouts, StagePlan.Tokens tokens) {
    ScalarType type = new RecipeModel(recipe).type();
    long images = Math.max(1, tokens.microBatch() / tokens.perImage());
    ActivationBytes activations =
        new ActivationBytes(
            shape, layouts, trained, cpuProducts(type), type, tokens.microBatch(), images);
    long vocabulary = shape.decoder().vocabSize();
    long rows = Math.min(tokens.microBatch(), Ops.lossChunk(vocabulary));
    // Logits in fp32; in bf16 also as they come, and their gradient.
    int bytes = type == ScalarType.F32 ? type.bytes() : ScalarType.F32.bytes() + 2 * type.bytes();
    return new StagePlan.Transient(
        activations.of(activations()), rows * vocabulary * bytes, dequantised(type));
  }

  private Set<String> quantised() {
    return ModelShape.parts().stream()
        .filter(part -> quantisation(part) != Quantisation.NONE)
        .collect(Collectors.toSet());
  }

  /// Bytes of the one weight that is dequantised at a time, the largest of all parts.
  private long dequantised(ScalarType type) {
    long largest = quantised().stream().mapToLong(shape::largestLinear).max().orElse(0);
    return largest * cpuProducts(type).orElse(type).bytes();
  }

  /// In which dtype a CPU multiplies; none of a GPU.
  private Optional<ScalarType> cpuProducts(ScalarType type) {
    return isOnCpu() ? Optional.of(Engine.cpuProductType(type)) : Optional.empty();
  }

  private boolean isOnCpu() {
    String device = recipe.runtime().device();
    return !device.startsWith("cuda") && Device.named(device) instanceof Device.Cpu;
  }

  /// Counts the operations of a stage's model, recomputation left out.
  StepFlops modelFlops(Recipe.Stage stage) {
    return new StepFlops(
        shape, layouts(stage), stage.train().byPart().keySet(), Tape.Activations.KEEP);
  }

  private Map<String, List<AdapterLayout>> layouts(Recipe.Stage stage) {
    Map<String, List<AdapterLayout>> layouts = new TreeMap<>();
    adapters.during(stage).forEach((part, found) -> layouts.put(part, found.atWork()));
    return layouts;
  }

  private double flops(
      Set<String> trained, Map<String, List<AdapterLayout>> layouts, DataFacts data) {
    return new StepFlops(shape, layouts, trained, activations())
        .ofSample(data.textTokens(), data.images());
  }

  private Tape.Activations activations() {
    return Tape.Activations.valueOf(recipe.runtime().activations().name());
  }

  /// Positions of a micro-batch, at most.
  private long microTokens(Recipe.Stage stage) {
    Integer size = stage.batch().microSize();
    return size != null
        ? (long) size * recipe.model().maxTokens()
        : Math.max(StageData.microTokens(stage), recipe.model().maxTokens());
  }
}
