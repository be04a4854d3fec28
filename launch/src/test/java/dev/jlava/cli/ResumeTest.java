package dev.jlava.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.checkpoint.Checkpoint;
import dev.jlava.checkpoint.Checkpoints;
import dev.jlava.testing.Golden;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Runs that are killed, stopped or meddled with, each in a process of its own.
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class ResumeTest {
  private static final int STEPS = 14;

  @TempDir Path directory;

  @Test
  void aRunThatIsKilledInBothStagesEndsWithTheStraightRunsBits() throws Exception {
    Path straight = recipe("straight", "");
    assertThat(start(straight).waitFor()).isZero();

    Path killed = recipe("killed", "");
    for (int lines : new int[] {0, 2, 5, 9, 12}) {
      Process process = start(killed);
      while (process.isAlive() && metrics("killed").size() < lines) {
        Thread.sleep(1);
      }
      process.destroyForcibly().waitFor();
    }
    assertThat(start(killed).waitFor()).isZero();

    assertThat(numbers("killed")).hasSize(STEPS).isEqualTo(numbers("straight"));
    assertThat(directory.resolve("killed/final/model.safetensors"))
        .hasSameBinaryContentAs(directory.resolve("straight/final/model.safetensors"));
  }

  /// A limit on the size of files stands for a full disk: the projector's checkpoints fit, the
  /// decoder's do not.
  @Test
  void aCheckpointThatDoesNotFitLeavesTheOnesBeforeItAndTheRunGoesOnWithRoom() throws Exception {
    Path straight = recipe("straight", "");
    assertThat(start(straight).waitFor()).isZero();

    Path full = recipe("full", "");
    Process process = launch(List.of("sh", "-c", "ulimit -f 100 && exec \"$@\"", "sh"), full);
    String errors = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isEqualTo(1);
    Path failed = directory.resolve("full/stages/instruct/step-000002");
    assertThat(errors)
        .contains(failed + ": the checkpoint cannot be written (")
        .contains("File too large", "needs ", "free ")
        .contains("earlier checkpoints are kept. Make room and start the run again to go on");
    assertThat(failed).doesNotExist();
    assertThat(failed.resolveSibling("step-000002.partial")).doesNotExist();
    Checkpoint kept = Checkpoints.open(directory.resolve("full/stages/align/step-000008"));
    assertThat(kept.manifest().finished()).isTrue();

    assertThat(start(full).waitFor()).isZero();
    assertThat(Files.readString(directory.resolve("full/log.txt")))
        .contains("Resumes after step 8 of stage align");
    assertThat(numbers("full")).hasSize(STEPS).isEqualTo(numbers("straight"));
    assertThat(directory.resolve("full/final/model.safetensors"))
        .hasSameBinaryContentAs(directory.resolve("straight/final/model.safetensors"));
  }

  /// Rank 128 makes factors of as many elements as have 8-bit moments.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantize: none                    | 4   | adamw      | F32",
        "quantize: nf4, double_quant: true | 4   | adamw      | F32",
        "quantize: nf4, double_quant: true | 128 | adamw_8bit | U8",
        "quantize: int8                    | 128 | adamw_8bit | U8"
      })
  void aLoraRunWithDropoutThatIsKilledEndsWithTheStraightRunsBits(
      String quantize, int rank, String optimizer, Dtype moments) throws Exception {
    Path straight = lora("lora-straight", quantize, rank, optimizer);
    assertThat(start(straight).waitFor()).isZero();
    assertMoments(directory.resolve("lora-straight/stages/adapt/step-000004"), moments);
    Path killed = lora("lora-killed", quantize, rank, optimizer);
    for (int lines : new int[] {2, 4, 7}) {
      Process process = start(killed);
      while (process.isAlive() && metrics("lora-killed").size() < lines) {
        Thread.sleep(1);
      }
      process.destroyForcibly().waitFor();
    }
    assertThat(start(killed).waitFor()).isZero();
    assertThat(numbers("lora-killed")).hasSize(9).isEqualTo(numbers("lora-straight"));
    for (String file : List.of("model.safetensors", "adapter/adapter_model.safetensors")) {
      assertThat(directory.resolve("lora-killed/final").resolve(file))
          .hasSameBinaryContentAs(directory.resolve("lora-straight/final").resolve(file));
    }
  }

  private static void assertMoments(Path checkpoint, Dtype dtype) {
    try (WeightFiles state = WeightFiles.open(checkpoint.resolve("state/optimizer.safetensors"))) {
      assertThat(state.entries().values())
          .filteredOn(e -> e.name().matches("exp_avg\\..*q_proj\\.lora_A\\.weight"))
          .hasSize(2)
          .allMatch(e -> e.dtype() == dtype);
    }
  }

  /// An adapter that one stage trains and the next leaves as it is.
  private Path lora(String name, String quantize, int rank, String optimizer) throws IOException {
    String yaml =
        """
        name: %s
        output: %s
        model: { path: %s, max_tokens: 512, %s }
        runtime: { precision: fp32, threads: 1 }
        stages:
          - name: adapt
            train: { decoder: { lr: 1e-2, adapter: { r: %d, alpha: 8, dropout: 0.2, dora: true } } }
            optimizer: { type: %s }
            data: &data [ { path: %s, images: %s } ]
            template: v1
            steps: 5
            batch: { size: 8, micro_size: 3 }
          - name: align
            train: { projector: { lr: 1e-3 } }
            data: *data
            template: v1
            steps: 4
            batch: { size: 8, micro_size: 3 }
        checkpoint: { every: 2 }
        """
            .formatted(
                name,
                directory.resolve(name),
                Golden.path("train/hf"),
                quantize,
                rank,
                optimizer,
                Golden.path("train/data.json"),
                Golden.path("train/images"));
    return Files.writeString(directory.resolve(name + ".yaml"), yaml);
  }

  @Test
  void aStopOnRequestIsACheckpointAndExitCode75() throws Exception {
    Path recipe = recipe("stopped", "checkpoint: { every: 1000 }");
    Process process = start(recipe);
    while (process.isAlive() && metrics("stopped").size() < 3) {
      Thread.sleep(1);
    }
    process.destroy();
    assertThat(process.waitFor()).isEqualTo(75);
    assertThat(Files.readString(directory.resolve("stopped/log.txt")))
        .endsWith("To go on:\n  ./jlava train " + recipe + "\n");
    int done = metrics("stopped").size();
    assertThat(done).isLessThan(STEPS);
    assertThat(start(recipe).waitFor()).isZero();
    assertThat(numbers("stopped")).hasSize(STEPS);
    assertThat(Files.readString(directory.resolve("stopped/log.txt"))).contains("Resumes after");
  }

  @Test
  void aDamagedCheckpointIsPassedOverAndNamed() throws Exception {
    Path recipe = recipe("damaged", "checkpoint: { every: 2, keep: 5 }");
    Process process = start(recipe);
    Path last = directory.resolve("damaged/stages/align/step-000004");
    while (process.isAlive() && !Files.exists(last)) {
      Thread.sleep(1);
    }
    process.destroyForcibly().waitFor();
    deleteStage("damaged/stages/instruct");
    for (String step : new String[] {"step-000006", "step-000008"}) {
      deleteStage("damaged/stages/align/" + step);
    }
    Path weights = last.resolve("weights/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    assertThat(start(recipe).waitFor()).isZero();
    assertThat(Files.readString(directory.resolve("damaged/log.txt")))
        .contains("step-000004: damaged (weights/model.safetensors differs from its SHA-256)")
        .contains("Resumes after step 2 of stage align");
    assertThat(numbers("damaged")).hasSize(STEPS);
  }

  @Test
  void anotherRecipeIsRefusedWithTheDifferences() throws Exception {
    Path recipe = recipe("other", "");
    assertThat(start(recipe).waitFor()).isZero();
    Process process = start(recipe, "--set", "stages.align.train.projector.lr=2e-3");
    String errors = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(errors)
        .contains("holds a run of another recipe")
        .contains("stages.0.train.projector.lr: was 0.001, is 0.002");
  }

  @Test
  void changedDataIsRefused() throws Exception {
    Path copy = directory.resolve("pretrain.json");
    Files.copy(Golden.path("train/pretrain.json"), copy);
    Path recipe = recipe("data", "checkpoint: { every: 1 }");
    Files.writeString(
        recipe,
        Files.readString(recipe)
            .replace(Golden.path("train/pretrain.json").toString(), copy.toString()));
    assertThat(start(recipe).waitFor()).isZero();
    Files.writeString(copy, Files.readString(copy) + " ");
    deleteStage("data/final");
    Process process = start(recipe);
    String errors = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(errors).contains(copy + ": has changed since the run in");
  }

  private void deleteStage(String name) throws IOException {
    Path path = directory.resolve(name);
    if (Files.exists(path)) {
      TinyRun.delete(path);
    }
  }

  private Process start(Path recipe, String... more) throws IOException {
    return launch(List.of(), recipe, more);
  }

  private Process launch(List<String> before, Path recipe, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("train", recipe.toString()));
    arguments.addAll(List.of(more));
    return OwnProcess.of(before, arguments).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  private List<String> metrics(String run) throws IOException {
    Path file = directory.resolve(run).resolve("metrics.jsonl");
    return Files.exists(file) ? Files.readAllLines(file) : List.of();
  }

  private List<JsonNode> numbers(String run) throws IOException {
    return TinyRun.numbers(directory.resolve(run));
  }

  private Path recipe(String name, String more) throws IOException {
    String yaml =
        """
        name: %s
        output: %s
        model: { path: %s, max_tokens: 512 }
        runtime: { precision: fp32, threads: 1 }
        stages:
          - name: align
            train: { projector: { lr: 1e-3 } }
            data: [ { path: %s, images: %s } ]
            template: plain
            epochs: 2
            batch: { size: 6, micro_tokens: 100 }
          - name: instruct
            train: { projector: { lr: 1e-3 }, decoder: { lr: 1e-3 } }
            data: [ { path: %s, images: %s } ]
            template: v1
            order: { group: modality_length }
            epochs: 2
            batch: { size: 8, micro_size: 3 }
            optimizer: { weight_decay: 0.1 }
        %s
        """
            .formatted(
                name,
                directory.resolve(name),
                Golden.path("train/hf"),
                Golden.path("train/pretrain.json"),
                Golden.path("train/images"),
                Golden.path("train/data.json"),
                Golden.path("train/images"),
                more.isEmpty() ? "checkpoint: { every: 2 }" : more);
    return Files.writeString(directory.resolve(name + ".yaml"), yaml);
  }
}
