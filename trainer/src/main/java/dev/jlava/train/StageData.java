package dev.jlava.train;

import dev.jlava.data.batch.BadImages;
import dev.jlava.data.batch.EpochOrder;
import dev.jlava.data.batch.Grouping;
import dev.jlava.data.batch.LoaderSettings;
import dev.jlava.data.batch.MicroBatches;
import dev.jlava.data.batch.Position;
import dev.jlava.data.batch.PrefetchingLoader;
import dev.jlava.data.batch.SampleEncoder;
import dev.jlava.data.batch.SampleEncoder.TooLong;
import dev.jlava.data.batch.SampleSizes;
import dev.jlava.data.batch.StepPlan;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.source.LlavaJson;
import dev.jlava.data.source.Sample;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/// The samples of a stage, in the order and the micro-batches that the recipe asks for. A pure
/// function of the data, the seed and the step, so that a resumed run sees what the straight one
/// sees.
final class StageData {
  private static final int DEFAULT_MICRO_TOKENS = 16384;
  private static final int LOOK_AHEAD = 4;

  private final Recipe recipe;
  private final Recipe.Stage stage;
  private final List<Sample> samples;
  private final SampleEncoder encoder;
  private final ImageProcessor images;
  private final int tokensPerImage;
  private final SampleSizes sizes;

  StageData(Recipe recipe, Recipe.Stage stage, List<Recipe.Data> sources, int tokensPerImage) {
    RecipeModel model = new RecipeModel(recipe);
    this.recipe = recipe;
    this.stage = stage;
    this.samples = samples(sources, recipe.seed());
    this.encoder =
        new SampleEncoder(
            Template.named(stage.template()),
            Tokenizers.load(model.files().decoder()),
            recipe.model().maxTokens(),
            tokensPerImage,
            TooLong.valueOf(stage.problems().tooLong().name()));
    this.images = ImageProcessor.load(model.files().vision(), model.card(stage).aspect());
    this.tokensPerImage = tokensPerImage;
    this.sizes = sizes();
  }

  /// Reads the data of every stage, so that a broken file or sample ends a run before it begins.
  ///
  /// @throws dev.jlava.data.DataException for the first that cannot be learned from
  static void check(Recipe recipe) {
    for (Recipe.Stage stage : recipe.stages()) {
      Template template = Template.named(stage.template());
      Recipe.Validation validation = stage.validation();
      Stream.concat(
              stage.data().stream(),
              validation == null ? Stream.empty() : validation.data().stream())
          .flatMap(source -> LlavaJson.read(source.path(), source.images()).stream())
          .forEach(sample -> SampleEncoder.check(template, sample));
    }
  }

  /// All samples, those of a source as often as its weight says; of a fraction, a share drawn from
  /// the seed.
  static List<Sample> samples(List<Recipe.Data> sources, long seed) {
    List<Sample> all = new ArrayList<>();
    for (Recipe.Data source : sources) {
      List<Sample> read = LlavaJson.read(source.path(), source.images());
      double left = source.weight();
      for (; left >= 1; left--) {
        all.addAll(read);
      }
      SplittableRandom random = new SplittableRandom(seed);
      for (Sample sample : read) {
        if (left > 0 && random.nextDouble() < left) {
          all.add(sample);
        }
      }
    }
    return all;
  }

  /// Lengths as LLaVA estimates them: the words of the conversation.
  private SampleSizes sizes() {
    int[] lengths = new int[samples.size()];
    boolean[] hasImage = new boolean[samples.size()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = DataFacts.words(samples.get(i));
      hasImage[i] = !samples.get(i).images().isEmpty();
    }
    return new SampleSizes(lengths, hasImage);
  }

  /// What a plan goes by.
  DataFacts facts() {
    return DataFacts.of(samples);
  }

  int stepsPerEpoch() {
    return stepsPerEpoch(stage, samples.size());
  }

  static int stepsPerEpoch(Recipe.Stage stage, int numSamples) {
    return Math.ceilDiv(numSamples, stage.batch().size());
  }

  /// Optimizer steps of a stage with so many samples.
  static int steps(Recipe.Stage stage, int numSamples) {
    Integer given = stage.steps();
    Double epochs = stage.epochs();
    return given != null
        ? given
        : (int) Math.ceil(stepsPerEpoch(stage, numSamples) * (epochs == null ? 1.0 : epochs));
  }

  /// Positions that fit into a micro-batch, where the stage gives no number of samples.
  static int microTokens(Recipe.Stage stage) {
    Integer tokens = stage.batch().microTokens();
    return tokens != null ? tokens : DEFAULT_MICRO_TOKENS;
  }

  /// Loads steps ahead.
  ///
  /// @param from index of the first one, counted from the stage's start
  /// @param steps how many
  PrefetchingLoader load(int from, int steps) {
    Position position = new Position(from / stepsPerEpoch(), from % stepsPerEpoch());
    StepPlan plan = new StepPlan(this::order, position, steps);
    LoaderSettings settings =
        new LoaderSettings(
            recipe.runtime().workers(),
            LOOK_AHEAD,
            microBatches(),
            tokensPerImage,
            BadImages.valueOf(stage.problems().badImage().name()));
    return new PrefetchingLoader(
        plan, settings, i -> encoder.prepare(samples.get(i)), images::process);
  }

  private EpochOrder order(int epoch) {
    Recipe.Order order = stage.order();
    Grouping grouping = Grouping.valueOf(order.group().name());
    return EpochOrder.of(
        sizes, order.shuffle(), grouping, recipe.seed(), epoch, stage.batch().size());
  }

  private MicroBatches microBatches() {
    Integer size = stage.batch().microSize();
    return size != null ? new MicroBatches.Size(size) : new MicroBatches.Tokens(microTokens(stage));
  }
}
