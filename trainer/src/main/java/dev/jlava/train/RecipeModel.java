package dev.jlava.train;

import dev.jlava.adapter.Quantisation;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.Aspect;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.model.LlamaDecoder;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.LlavaWriter;
import dev.jlava.model.Merge;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelParts;
import dev.jlava.model.ModelShape;
import dev.jlava.model.PartLoader;
import dev.jlava.model.PeftDirectory;
import dev.jlava.model.Projector;
import dev.jlava.model.TextModel;
import dev.jlava.model.VisionFeatures;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.model.VisionTransformer;
import dev.jlava.recipe.Recipe;
import dev.jlava.recipe.RecipeException;
import dev.jlava.weights.gguf.GgufFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The model that a recipe names, whole or in parts: its weights, and where its tokenizer and its
/// image processor are.
public final class RecipeModel {
  private static final String DECODER = "decoder";

  private final Recipe recipe;

  public RecipeModel(Recipe recipe) {
    this.recipe = recipe;
  }

  /// The dtype of weights and activations.
  public ScalarType type() {
    return switch (recipe.runtime().precision()) {
      case FP32 -> ScalarType.F32;
      case BF16 -> ScalarType.BF16;
    };
  }

  /// The sizes of the model, from its configurations alone.
  public ModelShape shape() {
    Path whole = recipe.model().path();
    if (whole != null) {
      return Files.isDirectory(whole) ? trainable(source(whole)) : ModelShape.of(whole);
    }
    Recipe.Vision vision = part(recipe.model().vision());
    return ModelShape.of(
        vision.path(), features(vision), projectorType(), part(recipe.model().decoder()).path());
  }

  /// What the path of a whole model stands for.
  private ModelSource source(Path whole) {
    return ModelSource.find(whole, Optional.ofNullable(recipe.model().base()));
  }

  /// The sizes of a model that can be trained as it is.
  private ModelShape trainable(ModelSource whole) {
    ModelShape shape = seeing(whole);
    boolean quantises = quantisation() != Quantisation.NONE;
    if (whole instanceof CheckpointSource && quantises) {
      throw new RecipeException(
          "model.quantize: %1$s is a checkpoint, whose weights stay as its run had them; leave quantize out, or make a model of it (./jlava model export --model %1$s --to hf --merge --out DIR) and name that as model.path"
              .formatted(recipe.model().path()));
    }
    if (whole.isAdapted() && shape.with(DECODER, quantisation()).stored().containsKey(DECODER)) {
      throw new RecipeException(
          "model.path: %1$s has adapters, which cannot be merged into quantised weights; train on with them as stages.….adapter.path and name their base %2$s as model.path, or merge them (./jlava model merge --model %1$s --out DIR) and name that"
              .formatted(recipe.model().path(), whole.lineage().base()));
    }
    return shape;
  }

  private static ModelShape seeing(ModelSource whole) {
    return whole
        .shape()
        .orElseThrow(() ->
            new RecipeException(
                "model.path: "
                    + whole.lineage().base()
                    + " is a decoder without a vision tower; name it as model.decoder.path, and a"
                    + " tower as model.vision.path"));
  }

  private static VisionFeatures features(Recipe.Vision vision) {
    if (GgufFile.is(vision.path()) && vision.layer() != -1) {
      throw new RecipeException(
          "model.vision.layer: found %d, but %s has no layers behind the one that LLaVA reads, as all mmproj files (expected -1)"
              .formatted(vision.layer(), vision.path()));
    }
    return new VisionFeatures(vision.layer(), vision.features() == Recipe.Features.CLS_PATCH);
  }

  private String projectorType() {
    Recipe.Projector named = recipe.model().projector();
    return named == null ? "mlp2x_gelu" : named.type();
  }

  /// Loads or draws every weight, adapters of the model merged; the model ends with the scope.
  public VisionLanguageModel load(Engine engine, Scope scope, ScalarType type) {
    Path whole = recipe.model().path();
    PartLoader loader = new PartLoader(engine, scope, type, quantisation());
    if (whole == null) {
      return compose(loader);
    }
    return switch (source(whole).load(loader)) {
      case VisionLanguageModel model -> {
        Merge.all(engine, model);
        yield model;
      }
      case TextModel _ -> throw new IllegalStateException(whole + " sees no images");
    };
  }

  /// How the decoder's linear layers are quantised as they are loaded.
  public Quantisation quantisation() {
    Recipe.Quantized asked = recipe.model().quantized();
    return switch (asked.quantize()) {
      case NONE -> Quantisation.NONE;
      case NF4 -> asked.doubleQuant() ? Quantisation.NF4_DOUBLE : Quantisation.NF4;
      case INT8 -> Quantisation.INT8;
    };
  }

  private VisionLanguageModel compose(PartLoader loader) {
    ModelParts parts = new ModelParts(loader);
    Recipe.Vision vision = part(recipe.model().vision());
    Recipe.Decoder decoder = part(recipe.model().decoder());
    VisionTransformer tower = parts.vision(vision.path(), seed(vision.init(), 1));
    LlamaDecoder language = parts.decoder(decoder.path(), seed(decoder.init(), 2));
    return new VisionLanguageModel(
        tower, projector(parts, tower, language), language, features(vision), loader.type());
  }

  private Projector projector(ModelParts parts, VisionTransformer vision, LlamaDecoder decoder) {
    Recipe.Projector named = recipe.model().projector();
    String type = projectorType();
    Path path = named == null ? null : named.path();
    return path == null
        ? parts.projector(type, vision, decoder, recipe.seed() + 3)
        : parts.projector(type, vision, decoder, path);
  }

  private OptionalLong seed(Recipe.Init init, int part) {
    return switch (init) {
      case PRETRAINED -> OptionalLong.empty();
      case RANDOM -> OptionalLong.of(recipe.seed() + part);
    };
  }

  /// Where the tokenizer and the image processor are.
  public LlavaFiles files() {
    Path whole = recipe.model().path();
    return whole != null
        ? source(whole).files()
        : new LlavaFiles(
            part(recipe.model().decoder()).path(), part(recipe.model().vision()).path());
  }

  /// What the model has at the end of a stage that its base has not. The base is the whole model
  /// that the recipe names, else the decoder, as the original LLaVA has it.
  Lineage lineage(Recipe.Stage last) {
    return before().with(trainedWhole(recipe, last)).with(broughtWhole(last));
  }

  private Lineage before() {
    Path whole = recipe.model().path();
    if (whole != null) {
      ModelSource source = source(whole);
      return source.isAdapted() ? source.lineage().with(ModelShape.parts()) : source.lineage();
    }
    Recipe.Vision vision = part(recipe.model().vision());
    Recipe.Decoder decoder = part(recipe.model().decoder());
    Set<String> drawn = new TreeSet<>();
    if (vision.init() == Recipe.Init.RANDOM) {
      drawn.add("vision");
    }
    if (decoder.init() == Recipe.Init.RANDOM) {
      drawn.add(DECODER);
    }
    return new Lineage(decoder.path(), Optional.of(vision.path()), drawn);
  }

  /// The parts whose own weights some stage trains, up to and including the last one given.
  static Set<String> trainedWhole(Recipe recipe, Recipe.Stage last) {
    Set<String> whole = new TreeSet<>();
    upTo(recipe, last).forEach(stage -> whole.addAll(stage.train().whole()));
    return whole;
  }

  /// The parts that adapters from files bring whole, up to and including the last stage given.
  private Set<String> broughtWhole(Recipe.Stage last) {
    return upTo(recipe, last).stream()
        .flatMap(stage -> stage.train().byPart().values().stream())
        .flatMap(train -> Stream.ofNullable(train.adapter()))
        .flatMap(adapter -> Stream.ofNullable(adapter.path()))
        .flatMap(path -> PeftDirectory.whole(path).stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<Recipe.Stage> upTo(Recipe recipe, Recipe.Stage last) {
    return recipe.stages().subList(0, recipe.stages().indexOf(last) + 1);
  }

  private static <T> T part(@Nullable T part) {
    return Objects.requireNonNull(part, "a recipe without a model passed the checks");
  }

  /// How a stage's model is asked: the stage's template and aspect.
  public ModelCard card(Recipe.Stage stage) {
    Recipe.Image image = stage.image() != null ? stage.image() : recipe.model().image();
    Aspect aspect =
        switch (image.aspect()) {
          case SQUARE -> Aspect.SQUARE;
          case PAD -> Aspect.PAD;
        };
    return new ModelCard(Optional.of(Template.named(stage.template())), aspect);
  }

  /// Writes the model in Hugging Face's layout.
  ///
  /// @param notes told what the user should know of the directory
  public void save(VisionLanguageModel model, Path target, Consumer<String> notes) {
    new LlavaWriter(files(), card(recipe.stages().getLast()), notes).write(model, target);
  }
}
