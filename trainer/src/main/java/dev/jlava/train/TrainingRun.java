package dev.jlava.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.checkpoint.RunDirectory;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.data.conversation.SampleEncoder;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.Aspect;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.source.LlavaJson;
import dev.jlava.data.source.Sample;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.recipe.Recipe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// A recipe carried out: its stages in order, each step logged, the trained model written at the
/// end.
public final class TrainingRun {
  private final Recipe recipe;
  private final RunDirectory directory;
  private final Consumer<String> progress;

  /// @param progress receives a line a step, for the terminal
  public TrainingRun(Recipe recipe, RunDirectory directory, Consumer<String> progress) {
    this.recipe = recipe;
    this.directory = directory;
    this.progress = progress;
  }

  public void run() {
    ScalarType type =
        switch (recipe.runtime().precision()) {
          case FP32 -> ScalarType.F32;
          case BF16 -> ScalarType.BF16;
        };
    try (Engine engine = Engine.start(new Device.Cpu(), recipe.runtime().threads());
        Scope scope = new Scope()) {
      VisionLanguageModel model = LlavaDirectory.load(engine, scope, recipe.model().path(), type);
      for (Recipe.Stage stage : recipe.stages()) {
        run(engine, model, stage);
      }
      LlavaDirectory.save(model, recipe.model().path(), directory.finalModel());
    }
  }

  private void run(Engine engine, VisionLanguageModel model, Recipe.Stage stage) {
    StageData data = data(model, stage);
    int total =
        stage.steps().orElseGet(() -> (int) Math.ceil(data.stepsPerEpoch() * stage.epochs()));
    Schedule schedule = schedule(stage.schedule(), total);
    Recipe.Optimizer adamw = stage.optimizer();
    Optimizer.Settings settings = new Optimizer.Settings(adamw.beta1(), adamw.beta2(), adamw.eps());
    try (Optimizer optimizer =
        new Optimizer(engine, settings, ParameterGroups.train(model, rates(stage)))) {
      TrainingStep step = new TrainingStep(engine, model, optimizer, settings(adamw));
      for (int index = 0; index < total; index++) {
        long start = System.nanoTime();
        StageData.Step batch = data.step(index);
        double waited = (System.nanoTime() - start) / 1e9;
        double factor = schedule.factor(index);
        TrainingStep.Result result = step.run(batch.microBatches(), factor);
        double seconds = (System.nanoTime() - start) / 1e9;
        ObjectNode metrics = metrics(model, batch, result, waited, seconds);
        ObjectNode line = new ObjectMapper().createObjectNode();
        line.put("stage", stage.name()).put("step", index + 1);
        line.put("epoch", (double) (index + 1) / data.stepsPerEpoch()).setAll(metrics);
        ObjectNode lr = line.putObject("lr");
        optimizer.learningRates(factor).forEach(lr::put);
        directory.log(line);
        progress.accept(
            "%s %d/%d  loss %.4f  grad norm %.3f  %.0f tokens/s"
                .formatted(
                    stage.name(),
                    index + 1,
                    total,
                    result.loss(),
                    result.gradNorm(),
                    metrics.get("tokens").asInt() / seconds));
      }
    }
  }

  private StageData data(VisionLanguageModel model, Recipe.Stage stage) {
    List<Sample> samples = new ArrayList<>();
    for (Recipe.Data source : stage.data()) {
      samples.addAll(LlavaJson.read(source.path(), source.images()));
    }
    Tokenizer tokenizer = Tokenizers.load(recipe.model().path());
    SampleEncoder encoder =
        new SampleEncoder(
            Template.named(stage.template()),
            tokenizer,
            recipe.model().maxTokens(),
            model.tokensPerImage(),
            stage.problems().truncate());
    Aspect aspect =
        switch (stage.aspect().orElse(recipe.model().aspect())) {
          case SQUARE -> Aspect.SQUARE;
          case PAD -> Aspect.PAD;
        };
    ImageProcessor images = ImageProcessor.load(recipe.model().path(), aspect);
    return new StageData(samples, encoder, images, stage, recipe.seed(), model.tokensPerImage());
  }

  private static Schedule schedule(Recipe.Schedule settings, int total) {
    Schedule.Shape shape =
        switch (settings.type()) {
          case COSINE -> Schedule.Shape.COSINE;
          case LINEAR -> Schedule.Shape.LINEAR;
          case CONSTANT -> Schedule.Shape.CONSTANT;
        };
    int warmup =
        settings
            .warmupSteps()
            .orElseGet(() -> Schedule.warmupSteps(settings.warmupRatio().orElse(0.0), total));
    return new Schedule(shape, warmup, total);
  }

  private TrainingStep.Settings settings(Recipe.Optimizer adamw) {
    TrainingStep.Average average =
        switch (recipe.average()) {
          case GLOBAL_TOKENS -> TrainingStep.Average.GLOBAL_TOKENS;
          case MICRO_BATCH -> TrainingStep.Average.MICRO_BATCH;
        };
    Tape.Activations activations =
        switch (recipe.runtime().activations()) {
          case KEEP -> Tape.Activations.KEEP;
          case RECOMPUTE -> Tape.Activations.RECOMPUTE;
        };
    double clip = adamw.clipNorm() == 0 ? Double.POSITIVE_INFINITY : adamw.clipNorm();
    return new TrainingStep.Settings(average, clip, activations);
  }

  private static Map<String, ParameterGroups.Rate> rates(Recipe.Stage stage) {
    Map<String, ParameterGroups.Rate> rates = new LinkedHashMap<>();
    stage
        .train()
        .forEach((part, train) ->
            rates.put(part, new ParameterGroups.Rate(train.lr(), stage.optimizer().weightDecay())));
    return rates;
  }

  private static ObjectNode metrics(
      VisionLanguageModel model,
      StageData.Step batch,
      TrainingStep.Result result,
      double waited,
      double seconds) {
    ObjectNode metrics = new ObjectMapper().createObjectNode();
    metrics.put("loss", result.loss()).put("grad_norm", result.gradNorm());
    metrics.put("samples", batch.samples());
    List<PackedBatch> all = batch.microBatches();
    int images = all.stream().mapToInt(b -> b.pixels().size()).sum();
    metrics.put("tokens", all.stream().mapToInt(b -> b.ids().length).sum());
    metrics.put("label_tokens", all.stream().mapToInt(b -> b.targets().length).sum());
    metrics.put("image_tokens", images * model.tokensPerImage());
    metrics.put("truncated", batch.truncated()).put("seconds", seconds);
    metrics
        .putObject("time")
        .put("data", waited)
        .put("forward_backward", result.seconds().forwardBackward())
        .put("optimizer", result.seconds().optimizer());
    return metrics;
  }
}
