package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Fifty kills at random moments, of runs that write a checkpoint after every step: each leaves
/// whole checkpoints only, and a run that goes on to the straight run's bits.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class KillTest {
  private static final long SEED = Long.getLong("jlava.seed", System.nanoTime());
  private static final int LONGEST = 400;
  private static final int STEPS = 24;

  @TempDir Path directory;

  /// A run that is killed so often, and again from the start once it is through.
  private record Lane(String name, int kills, String train, String optimizer) {}

  private static final List<Lane> LANES =
      List.of(
          new Lane("full", 17, "{ lr: 1e-3 }", "{ type: adamw, weight_decay: 0.1 }"),
          new Lane(
              "early", 17, "{ lr: 1e-3 }", "{ type: adamw_8bit, in_backward: true, clip_norm: 0 }"),
          new Lane(
              "lora",
              16,
              "{ lr: 1e-2, adapter: { r: 128, dropout: 0.2 } }",
              "{ type: adamw_8bit }"));

  @Test
  void aKillAtAnyMomentLeavesWholeCheckpointsAndARunThatGoesOn() throws Exception {
    assertThat(LANES.stream().mapToInt(Lane::kills).sum()).isEqualTo(50);
    try (ExecutorService lanes = Executors.newFixedThreadPool(LANES.size())) {
      List<Callable<Integer>> all =
          LANES.stream().<Callable<Integer>>map(l -> () -> kill(l)).toList();
      int killed = 0;
      for (Future<Integer> lane : lanes.invokeAll(all)) {
        killed += lane.get();
      }
      assertThat(killed).isEqualTo(50);
    }
  }

  private int kill(Lane lane) throws Exception {
    SplittableRandom random = new SplittableRandom(SEED + lane.kills());
    String straight = lane.name() + "-straight";
    assertThat(start(recipe(straight, lane)).waitFor()).isZero();
    int killed = 0;
    for (int run = 0; killed < lane.kills(); run++) {
      String name = lane.name() + "-" + run;
      Path recipe = recipe(name, lane);
      while (killed < lane.kills() && !done(name)) {
        Process process = start(recipe);
        awaitTraining(name, process);
        process.waitFor(random.nextInt(LONGEST), TimeUnit.MILLISECONDS);
        killed += process.isAlive() ? 1 : 0;
        process.destroyForcibly().waitFor();
        assertWhole(name);
      }
      assertThat(start(recipe).waitFor()).as("seed " + SEED).isZero();
      assertThat(numbers(name)).as("seed " + SEED).hasSize(STEPS).isEqualTo(numbers(straight));
      assertThat(directory.resolve(name).resolve("final/model.safetensors"))
          .as("seed " + SEED)
          .hasSameBinaryContentAs(directory.resolve(straight).resolve("final/model.safetensors"));
    }
    return killed;
  }

  /// Waits until a process has begun to train, or has ended.
  private void awaitTraining(String name, Process process) throws Exception {
    Path log = directory.resolve(name).resolve("log.txt");
    long before = Files.exists(log) ? Files.size(log) : 0;
    while (process.isAlive() && (!Files.exists(log) || Files.size(log) == before)) {
      Thread.sleep(1);
    }
  }

  private boolean done(String name) {
    return Files.isDirectory(directory.resolve(name).resolve("final"));
  }

  private void assertWhole(String name) throws IOException {
    Path stage = directory.resolve(name).resolve("stages/one");
    try (Stream<Path> found = Files.list(stage)) {
      for (Path path : found.filter(p -> !p.toString().endsWith(".partial")).toList()) {
        // The link to the best one is never left without it.
        assertThat(Checkpoints.open(path).manifest().stage()).as("seed " + SEED).isEqualTo("one");
      }
    } catch (NoSuchFileException e) {
      // Killed before the first checkpoint.
      assertThat(e.getFile()).isEqualTo(stage.toString());
    }
  }

  private static Process start(Path recipe) throws IOException {
    return OwnProcess.start("train", recipe.toString());
  }

  private List<JsonNode> numbers(String run) throws IOException {
    return TinyRun.numbers(directory.resolve(run));
  }

  private Path recipe(String name, Lane lane) throws IOException {
    String yaml =
        """
        name: %s
        output: %s
        model: { path: %s, max_tokens: 512 }
        runtime: { precision: fp32, threads: 1 }
        stages:
          - name: one
            train: { projector: { lr: 1e-3 }, decoder: %s }
            data: &data [ { path: %s, images: %s } ]
            template: v1
            steps: %d
            batch: { size: 4, micro_size: 4 }
            optimizer: %s
            validation: { data: *data, every: 5 }
        checkpoint: { every: 1, keep: 2, keep_every: 7, best: true }
        """
            .formatted(
                name,
                directory.resolve(name),
                Golden.path("train/hf"),
                lane.train(),
                Golden.path("train/data.json"),
                Golden.path("train/images"),
                STEPS,
                lane.optimizer());
    return Files.writeString(directory.resolve(name + ".yaml"), yaml);
  }
}
