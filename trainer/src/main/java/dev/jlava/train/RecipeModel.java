package dev.jlava.train;

import dev.jlava.data.image.Aspect;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.model.LlamaDecoder;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.ModelParts;
import dev.jlava.model.PartLoader;
import dev.jlava.model.Projector;
import dev.jlava.model.VisionFeatures;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.model.VisionTransformer;
import dev.jlava.recipe.Recipe;
import java.nio.file.Path;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// The model that a recipe names, whole or in parts: its weights, its tokenizer, its image
/// processor.
public final class RecipeModel {
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

  /// Loads or draws every weight; the model ends with the scope.
  public VisionLanguageModel load(Engine engine, Scope scope) {
    Path whole = recipe.model().path();
    return whole != null
        ? LlavaDirectory.load(engine, scope, whole, type())
        : compose(new ModelParts(new PartLoader(engine, scope, type())));
  }

  private VisionLanguageModel compose(ModelParts parts) {
    Recipe.Vision vision = part(recipe.model().vision());
    Recipe.Decoder decoder = part(recipe.model().decoder());
    VisionTransformer tower = parts.vision(vision.path(), seed(vision.init(), 1));
    LlamaDecoder language = parts.decoder(decoder.path(), seed(decoder.init(), 2));
    return new VisionLanguageModel(
        tower,
        projector(parts, tower, language),
        language,
        new VisionFeatures(vision.layer(), vision.features() == Recipe.Features.CLS_PATCH),
        type());
  }

  private Projector projector(ModelParts parts, VisionTransformer vision, LlamaDecoder decoder) {
    Recipe.Projector named = recipe.model().projector();
    String type = named == null ? "mlp2x_gelu" : named.type();
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

  /// The tokenizer of the decoder.
  public Tokenizer tokenizer() {
    return Tokenizers.load(decoderPath());
  }

  /// The image processor of the vision tower.
  public ImageProcessor images(Recipe.Image image) {
    Path whole = recipe.model().path();
    Path path = whole != null ? whole : part(recipe.model().vision()).path();
    return ImageProcessor.load(
        path,
        switch (image.aspect()) {
          case SQUARE -> Aspect.SQUARE;
          case PAD -> Aspect.PAD;
        });
  }

  private Path decoderPath() {
    Path whole = recipe.model().path();
    return whole != null ? whole : part(recipe.model().decoder()).path();
  }

  private static <T> T part(@Nullable T part) {
    return Objects.requireNonNull(part, "a recipe without a model passed the checks");
  }

  /// Writes the model in Hugging Face's layout.
  public void save(VisionLanguageModel model, Path target) {
    Path whole = recipe.model().path();
    if (whole != null) {
      LlavaDirectory.save(model, whole, target);
    } else {
      LlavaDirectory.save(model, part(recipe.model().vision()).path(), decoderPath(), target);
    }
  }
}
