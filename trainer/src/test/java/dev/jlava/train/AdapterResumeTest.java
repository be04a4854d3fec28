package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.data.batch.PackedBatch;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.model.Adapter;
import dev.jlava.model.Adapters;
import dev.jlava.model.PeftDirectory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A run with dropout that is stopped and continued from files.
final class AdapterResumeTest {
  private static final Map<String, ParameterGroups.Rate> RATES =
      Map.of(
          "decoder", new ParameterGroups.Rate(2e-3, 0),
          "projector", new ParameterGroups.Rate(5e-4, 0));

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aResumedRunIsTheStraightRunBitForBit(boolean paged, @TempDir Path directory) {
    Map<String, float[]> straight;
    Map<String, float[]> otherSeed;
    try (AdapterCase c = new AdapterCase();
        Arena arena = Arena.ofConfined()) {
      c.attach(c.decoder, AdapterCase.dropping(0.2, true));
      Map<String, MemorySegment> state = new TreeMap<>();
      try (Optimizer optimizer = optimizer(c, paged)) {
        run(c, optimizer, 0, 3);
        PeftDirectory.save(c.model, Set.of("projector"), Path.of("../hf"), directory);
        optimizer.state().forEach((name, tensor) -> state.put(name, copy(arena, tensor)));
        run(c, optimizer, 3, 5);
      }
      straight = weights(c);
      otherSeed = resumed(directory, state, 8, paged);
      Map<String, float[]> resumed = resumed(directory, state, 7, paged);
      straight.forEach((name, w) -> assertThat(resumed.get(name)).as(name).isEqualTo(w));
    }
    String any = "decoder.model.layers.0.mlp.up_proj.lora_A.weight";
    assertThat(otherSeed.get(any)).isNotEqualTo(straight.get(any));
  }

  @Test
  void everyMicroBatchOfEveryStepDropsOtherElements() {
    try (AdapterCase c = new AdapterCase()) {
      c.attach(c.decoder, AdapterCase.dropping(0.3, false));
      AdapterCase.randomize(c.decoder, 1);
      PackedBatch batch = c.batch(0);
      Set<Double> losses = new HashSet<>();
      try (Optimizer optimizer = optimizer(c, false)) {
        TrainingStep step = step(c, optimizer);
        // At rate 0 nothing but the masks changes; two equal micro-batches would have the same
        // mean.
        losses.add(step.run(List.of(batch).iterator(), 0).loss());
        losses.add(step.run(List.of(batch).iterator(), 0).loss());
      }
      try (Optimizer optimizer = optimizer(c, false)) {
        TrainingStep step = step(c, optimizer);
        losses.add(step.run(List.of(batch, batch).iterator(), 0).loss());
        assertThat(losses).hasSize(3);
      }
      try (Optimizer optimizer = optimizer(c, false)) {
        TrainingStep step = step(c, optimizer);
        assertThat(losses).contains(step.run(List.of(batch).iterator(), 0).loss());
      }
    }
  }

  private static Map<String, float[]> resumed(
      Path directory, Map<String, MemorySegment> state, long seed, boolean paged) {
    try (AdapterCase c = new AdapterCase()) {
      PeftDirectory.load(
          new Adapters(c.engine, c.scope),
          c.model.parts(),
          directory,
          new PeftDirectory.Loading(Adapter.DEFAULT, seed, 1));
      try (Optimizer optimizer = optimizer(c, paged)) {
        optimizer
            .state()
            .forEach((name, tensor) ->
                tensor.data().copyFrom(Objects.requireNonNull(state.get(name), name)));
        run(c, optimizer, 3, 5);
      }
      return weights(c);
    }
  }

  private static Optimizer optimizer(AdapterCase c, boolean paged) {
    return new Optimizer(
        c.engine,
        new Optimizer.Settings(0.9, 0.999, 1e-8, Moments.Precision.FP32, paged),
        ParameterGroups.train(c.model, RATES));
  }

  private static void run(AdapterCase c, Optimizer optimizer, int from, int to) {
    TrainingStep step = step(c, optimizer);
    for (int i = from; i < to; i++) {
      assertThat(optimizer.steps()).isEqualTo(i);
      step.run(c.steps.get(i).microBatches().iterator(), 1);
    }
  }

  private static TrainingStep step(AdapterCase c, Optimizer optimizer) {
    TrainingStep.Settings settings =
        new TrainingStep.Settings(
            TrainingStep.Average.GLOBAL_TOKENS, 1, Tape.Activations.KEEP, false);
    return new TrainingStep(c.engine, c.model, optimizer, settings);
  }

  private static MemorySegment copy(Arena arena, Tensor tensor) {
    MemorySegment data = tensor.data();
    return arena.allocate(data.byteSize(), 8).copyFrom(data);
  }

  private static Map<String, float[]> weights(AdapterCase c) {
    Map<String, float[]> all = new TreeMap<>();
    for (Parameter p : c.decoder.trainable()) {
      all.put(p.name(), p.value().floats());
    }
    c.model.projector().part().parameters().forEach(p -> all.put(p.name(), p.value().floats()));
    return all;
  }
}
