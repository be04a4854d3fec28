package dev.jlava.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.model.LlamaDecoder;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.ModelParts;
import dev.jlava.model.PartLoader;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.model.VisionTransformer;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/// The golden tower under a random decoder whose matrices are large enough for 8-bit moments, with
/// the golden runs' samples.
final class WideModel implements AutoCloseable {
  private static final int HIDDEN = 64;

  final Engine engine = Engine.start(new Device.Cpu(), 1);
  final Scope scope = new Scope();
  final VisionLanguageModel model;
  private final GoldenRun golden;

  WideModel(ScalarType type, boolean tied) {
    VisionLanguageModel tiny =
        LlavaDirectory.open(Golden.path("train/hf")).load(engine, scope, type);
    ModelParts parts = new ModelParts(new PartLoader(engine, scope, type));
    VisionTransformer vision = tiny.vision();
    LlamaDecoder decoder = decoder(parts, tied);
    model =
        new VisionLanguageModel(
            vision,
            parts.projector("mlp2x_gelu", vision, decoder, 2),
            decoder,
            tiny.features(),
            type);
    golden = new GoldenRun("stage2_full", model);
  }

  private static LlamaDecoder decoder(ModelParts parts, boolean tied) {
    ObjectNode config = (ObjectNode) Golden.json("train/hf/config.json").get("text_config");
    config.put("hidden_size", HIDDEN).put("intermediate_size", 3 * HIDDEN).put("head_dim", 16);
    config.put("tie_word_embeddings", tied).put("initializer_range", 0.05);
    try {
      Path directory = Files.createTempDirectory("decoder");
      new ObjectMapper().writeValue(directory.resolve("config.json").toFile(), config);
      LlamaDecoder decoder = parts.decoder(directory, OptionalLong.of(1));
      try (var files = Files.walk(directory)) {
        files.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
      }
      return decoder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Trains projector and decoder for some steps of one micro-batch.
  ///
  /// @return losses and gradient norms in turns
  List<Double> train(int steps, Optimizer.Settings adamw, TrainingStep.Settings settings) {
    List<Double> found = new ArrayList<>();
    try (Optimizer optimizer =
        new Optimizer(engine, adamw, ParameterGroups.train(model, golden.parts()))) {
      TrainingStep step = new TrainingStep(engine, model, optimizer, settings);
      List<PackedBatch> batches =
          golden.steps().stream().map(s -> s.microBatches().getFirst()).toList();
      for (int i = 0; i < steps; i++) {
        PackedBatch batch = batches.get(i % batches.size());
        TrainingStep.Result result = step.run(List.of(batch).iterator(), 1);
        found.add(result.loss());
        found.add(result.gradNorm());
      }
    }
    return found;
  }

  /// All weights that training changes, one behind the other.
  List<float[]> weights() {
    try (Scope temporary = new Scope()) {
      return List.of(model.projector().part(), model.decoder().part()).stream()
          .flatMap(part -> part.parameters().stream())
          .map(p -> engine.ops(temporary).toType(p.value(), ScalarType.F32).floats())
          .toList();
    }
  }

  static Optimizer.Settings adamw(Moments.Precision moments) {
    return new Optimizer.Settings(0.9, 0.999, 1e-8, moments, false);
  }

  static TrainingStep.Settings settings(Tape.Activations activations, boolean inBackward) {
    return new TrainingStep.Settings(
        TrainingStep.Average.GLOBAL_TOKENS, Double.POSITIVE_INFINITY, activations, inBackward);
  }

  @Override
  public void close() {
    scope.close();
    engine.close();
  }
}
