package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The keys `bias` and `dropout` of an adapter, from the recipe to the files of the run. The tower
/// is adapted: its layers have biases.
final class AdapterBiasTest {
  private static final int STEPS = 4;
  private static final String TOWER = "vision_tower.vision_model.encoder.layers.";

  @TempDir Path directory;

  /// Of three layers the last is not read, so that its biases stay.
  @ParameterizedTest
  @CsvSource({"none, 0", "lora_only, 3", "all, 26"})
  void biasesMoveAndAreInTheCheckpointAndInPeftsFile(String bias, int count) throws IOException {
    Path run = train("run", "bias: " + bias);
    GoldenTensors before = Golden.tensors("train/hf/model.safetensors");
    GoldenTensors checkpoint =
        GoldenTensors.read(run.resolve("stages/one/step-000004/weights/model.safetensors"));
    List<String> trained = biases(checkpoint);
    assertThat(trained).hasSize(count);
    GoldenTensors peft = GoldenTensors.read(run.resolve("final/adapter/adapter_model.safetensors"));
    assertThat(biases(peft)).hasSize(count);
    GoldenTensors merged = GoldenTensors.read(run.resolve("final/model.safetensors"));
    for (String name : biases(before)) {
      float[] now = merged.floats(name);
      boolean moves = trained.contains(name) && isRead(name);
      assertThat(now)
          .as(name)
          .satisfies(n -> {
            if (moves) {
              assertThat(n).isNotEqualTo(before.floats(name));
            } else {
              assertThat(n).isEqualTo(before.floats(name));
            }
          });
      if (trained.contains(name)) {
        assertThat(checkpoint.floats(name)).isEqualTo(now);
        assertThat(peft.floats(inPeft(name))).isEqualTo(now);
      }
    }
  }

  private static boolean isRead(String name) {
    return !name.startsWith(TOWER + "2.") && !name.contains("post_layernorm");
  }

  /// PEFT puts the layer that it adapts one level deeper.
  private static String inPeft(String name) {
    return "base_model.model.model."
        + name.replaceFirst("q_proj\\.bias$", "q_proj.base_layer.bias");
  }

  private static List<String> biases(GoldenTensors file) {
    return file.names().stream()
        .filter(name -> name.endsWith("bias") && name.contains("vision_tower"))
        .toList();
  }

  /// B is zero until a step has been taken, and the first of a warm-up has rate 0.
  @Test
  void dropoutChangesLossesOnceTheAdapterDoesSomething() throws IOException {
    List<Double> without = losses(train("without", "dropout: 0"));
    List<Double> with = losses(train("with", "dropout: 0.5"));
    assertThat(with.subList(0, 2)).isEqualTo(without.subList(0, 2));
    for (int step = 2; step < STEPS; step++) {
      assertThat(with.get(step)).isNotEqualTo(without.get(step));
    }
  }

  @Test
  void aRunWithBothGoesOnToTheSameBits() throws IOException {
    Path run = train("run", "bias: all, dropout: 0.5");
    List<JsonNode> straight = TinyRun.numbers(run);
    byte[] weights = Files.readAllBytes(run.resolve("final/model.safetensors"));
    TinyRun.delete(run.resolve("final"));
    TinyRun.delete(run.resolve("stages/one/step-000004"));
    train("run", "bias: all, dropout: 0.5");
    assertThat(Files.readString(run.resolve("log.txt"))).contains("Resumes after step 2");
    assertThat(TinyRun.numbers(run)).hasSize(STEPS).isEqualTo(straight);
    assertThat(run.resolve("final/model.safetensors")).hasBinaryContent(weights);
  }

  private static List<Double> losses(Path run) throws IOException {
    return TinyRun.numbers(run).stream().map(line -> line.get("loss").asDouble()).toList();
  }

  private Path train(String name, String keys) throws IOException {
    String yaml =
        """
        name: run
        output: %s
        model: { path: %s, max_tokens: 512 }
        runtime: { precision: fp32, threads: 1 }
        stages:
          - name: one
            train: { vision: { lr: 1e-2, adapter: { r: 4, targets: [ q_proj ], %s } } }
            data: [ { path: %s, images: %s } ]
            template: v1
            steps: %d
            batch: { size: 8, micro_size: 4 }
        checkpoint: { every: 2, keep: 5 }
        """
            .formatted(
                directory.resolve(name),
                Golden.path("train/hf"),
                keys,
                Golden.path("train/data.json"),
                Golden.path("train/images"),
                STEPS);
    Path recipe = Files.writeString(directory.resolve(name + ".yaml"), yaml);
    CommandRun ran = CommandRun.of(List.of("train", recipe.toString()));
    assertThat(ran.code()).as(ran.errors()).isZero();
    return directory.resolve(name);
  }
}
