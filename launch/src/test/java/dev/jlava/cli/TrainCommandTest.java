package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two stages by a recipe on real files, from YAML to the final directory.
final class TrainCommandTest {
  @TempDir Path directory;

  @Test
  void aTwoStageRecipeGivesHuggingFacesLossesNormsRatesAndWeights() throws IOException {
    assertThat(Main.run("train", recipe("global_tokens").toString())).isZero();
    List<JsonNode> lines = metrics();
    List<JsonNode> expected = new ArrayList<>();
    for (String run : List.of("stage1", "stage2_full")) {
      Golden.json("train/" + run + "/log.json").get("steps_log").forEach(expected::add);
    }
    assertThat(lines).hasSize(12).hasSameSizeAs(expected);
    for (int i = 0; i < lines.size(); i++) {
      close(lines.get(i).get("loss"), expected.get(i).get("loss_global_token_mean"), 1e-5);
      close(lines.get(i).get("grad_norm"), expected.get(i).get("grad_norm_before_clip"), 2e-5);
      close(lines.get(i).get("lr").get("projector"), expected.get(i).get("lr"), 1e-12);
    }
    GoldenTensors found = GoldenTensors.read(directory.resolve("run/final/model.safetensors"));
    GoldenTensors wanted = Golden.tensors("train/stage2_full/final.safetensors");
    for (String name : wanted.names()) {
      assertThat(found.floats(name)).containsExactly(wanted.floats(name), within(2e-5f));
    }
    assertThat(found.names()).hasSameSizeAs(Golden.tensors("train/hf/model.safetensors").names());
  }

  @Test
  void llavasOwnAverageIsThereToo() throws IOException {
    assertThat(Main.run("train", recipe("micro_batch").toString())).isZero();
    List<JsonNode> lines = metrics();
    JsonNode log = Golden.json("train/stage2_full_micro_mean/log.json").get("steps_log");
    for (int i = 0; i < log.size(); i++) {
      close(lines.get(6 + i).get("loss"), log.get(i).get("loss_micro_batch_mean"), 1e-5);
    }
    assertThat(log.size()).isEqualTo(6);
  }

  @Test
  void theSameRecipeTwiceGivesTheSameBits() throws IOException {
    assertThat(Main.run("train", recipe("global_tokens").toString())).isZero();
    byte[] first = Files.readAllBytes(directory.resolve("run/final/model.safetensors"));
    Files.move(directory.resolve("run"), directory.resolve("other"));
    assertThat(Main.run("train", recipe("global_tokens").toString())).isZero();
    assertThat(directory.resolve("run/final/model.safetensors")).hasBinaryContent(first);
  }

  @Test
  void anOutputThatHoldsARunIsRefused() throws IOException {
    Path recipe = recipe("global_tokens");
    Files.createDirectories(directory.resolve("run"));
    Files.createFile(directory.resolve("run/metrics.jsonl"));
    assertThat(Main.run("train", recipe.toString())).isEqualTo(1);
  }

  @Test
  void aBadRecipeIsWrongUsage() throws IOException {
    Path recipe = Files.writeString(directory.resolve("bad.yaml"), "nam: x\n");
    assertThat(Main.run("train", recipe.toString())).isEqualTo(2);
  }

  @Test
  void aGpuThatIsNotThereEndsTheRun() throws IOException {
    Path recipe = recipe("global_tokens");
    assertThat(Main.run("train", recipe.toString(), "--set", "runtime.device=cuda")).isEqualTo(1);
    assertThat(directory.resolve("run/metrics.jsonl")).doesNotExist();
    assertThat(Main.run("train", recipe.toString())).isZero();
  }

  @Test
  void theDeviceIsRecorded() throws IOException {
    assertThat(Main.run("train", recipe("global_tokens").toString())).isZero();
    JsonNode facts = new ObjectMapper().readTree(directory.resolve("run/run.json").toFile());
    assertThat(facts.at("/machine/device").asText()).isEqualTo("cpu");
  }

  private static void close(JsonNode found, JsonNode expected, double relative) {
    assertThat(found.asDouble())
        .isCloseTo(expected.asDouble(), within(relative * Math.abs(expected.asDouble()) + 1e-15));
  }

  private List<JsonNode> metrics() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("run/metrics.jsonl"))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  private Path recipe(String average) throws IOException {
    String yaml =
        """
        name: golden
        output: %s
        model: { path: %s, max_tokens: 512 }
        runtime: { precision: fp32, threads: 1 }
        loss: { average: %s }
        stages:
          - name: align
            train: { projector: { lr: 1e-3 } }
            data: [ { path: %s, images: %s } ]
            template: plain
            order: { shuffle: false }
            batch: { size: 4, micro_size: 4 }
          - name: instruct
            train: { projector: { lr: 1e-3 }, decoder: { lr: 1e-3 } }
            data: [ { path: %s, images: %s } ]
            template: v1
            image: { aspect: pad }
            order: { shuffle: false }
            epochs: 2
            batch: { size: 8, micro_size: 4 }
        """
            .formatted(
                directory.resolve("run"),
                Golden.path("train/hf"),
                average,
                Golden.path("train/pretrain.json"),
                Golden.path("train/images"),
                Golden.path("train/data.json"),
                Golden.path("train/images"));
    return Files.writeString(directory.resolve("recipe.yaml"), yaml);
  }
}
