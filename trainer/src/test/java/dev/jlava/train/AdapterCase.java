package dev.jlava.train;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.adapter.Quantisation;
import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.model.Adapter;
import dev.jlava.model.Adapters;
import dev.jlava.model.LlavaDirectory;
import dev.jlava.model.Part;
import dev.jlava.model.PartLoader;
import dev.jlava.model.VisionLanguageModel;
import dev.jlava.testing.Golden;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// The tiny LLaVA of the golden runs, and adapters for it.
final class AdapterCase implements AutoCloseable {
  static final LoraTargets ALL = new LoraTargets.AllLinear();

  final Engine engine = Engine.start(new Device.Cpu(), 1);
  final Scope scope = new Scope();
  final VisionLanguageModel model;
  final Part decoder;
  final Part vision;
  final List<GoldenRun.Step> steps;

  AdapterCase() {
    this(ScalarType.F32);
  }

  AdapterCase(ScalarType type) {
    this(type, Quantisation.NONE);
  }

  AdapterCase(ScalarType type, Quantisation quantisation) {
    PartLoader loader = new PartLoader(engine, scope, type, quantisation);
    model = LlavaDirectory.open(Golden.path("train/hf")).load(loader);
    decoder = model.decoder().part();
    vision = model.vision().part();
    steps = new GoldenRun("stage2_lora", model).steps();
  }

  /// What one pass gives: the summed loss, and gradients by parameter.
  record Pass(float loss, Map<String, float[]> gradients) {
    float[] gradient(String parameter) {
      return Objects.requireNonNull(gradients.get(parameter), parameter);
    }
  }

  static LoraSettings dropping(double p, boolean dora) {
    return new LoraSettings(4, 8, p, ALL, false, dora, LoraSettings.Bias.NONE, 1, List.of());
  }

  Adapter attach(Part part, LoraSettings settings) {
    return new Adapters(engine, scope).attach(part, settings, 7);
  }

  /// Gives every factor of an adapter a value, so that it computes something.
  static void randomize(Part part, long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    for (Parameter parameter : part.adapter().orElseThrow().parameters()) {
      if (parameter.value().type() != ScalarType.F32) {
        continue; // A weight of the checkpoint in bf16 stays as it is.
      }
      float[] values = parameter.value().floats();
      boolean factor =
          parameter.name().contains(".lora_A.") || parameter.name().contains(".lora_B.");
      for (int i = 0; i < values.length; i++) {
        float drawn = (float) (0.2 * random.nextGaussian());
        values[i] = factor ? drawn : values[i] * (1 + drawn);
      }
      set(parameter, values);
    }
  }

  static void set(Parameter parameter, float[] values) {
    parameter.value().data().copyFrom(java.lang.foreign.MemorySegment.ofArray(values));
  }

  PackedBatch batch(int step) {
    return steps.get(step).microBatches().getFirst();
  }

  /// Forward and backward of one micro-batch, with weights as they are trained now.
  Pass pass(PackedBatch batch, Tape.Activations activations, long number) {
    try (Scope step = new Scope();
        Gradients sums = new Gradients()) {
      Ops ops = engine.ops(step);
      float loss;
      try (Tape tape = Tape.recording(ops, sums, activations, number)) {
        loss = model.train(tape, batch, 1);
      }
      List<Parameter> trained =
          model.parts().stream()
              .flatMap(p -> p.trainable().stream())
              .filter(Parameter::trained)
              .toList();
      List<Tensor> all = sums.of(ops, trained);
      Map<String, float[]> gradients = new TreeMap<>();
      for (int i = 0; i < trained.size(); i++) {
        gradients.put(trained.get(i).name(), all.get(i).floats());
      }
      return new Pass(loss, gradients);
    }
  }

  Pass pass(PackedBatch batch) {
    return pass(batch, Tape.Activations.KEEP, 0);
  }

  void train(Part part) {
    part.trainable().forEach(p -> p.setTrained(true));
  }

  @Override
  public void close() {
    scope.close();
    engine.close();
  }
}
