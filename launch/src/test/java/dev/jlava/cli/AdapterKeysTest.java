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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The keys of an adapter in a recipe, each seen in what the run writes.
final class AdapterKeysTest {
  private static final String VISION = "base_model.model.model.vision_tower.vision_model.";
  private static final String DECODER = "base_model.model.model.language_model.";

  @TempDir Path directory;

  @Test
  void towerAndDecoderHaveTheirTargetsBiasesAndModulesToSave() throws IOException {
    Path run =
        train(
            "keys",
            """
            vision:
              lr: 1e-2
              adapter:
                r: 2
                alpha: 3
                dropout: 0.1
                targets: [ q_proj, ".*layers.0.mlp.fc1" ]
                rslora: true
                bias: lora_only
            decoder:
              lr: 1e-2
              adapter:
                r: 2
                alpha: 3
                dropout: 0.1
                targets: all_linear
                rslora: true
                bias: lora_only
                modules_to_save: [ model.norm ]
            """);
    JsonNode config = config(run);
    assertThat(config.get("r").asInt()).isEqualTo(2);
    assertThat(config.get("lora_alpha").asInt()).isEqualTo(3);
    assertThat(config.get("lora_dropout").asDouble()).isEqualTo(0.1);
    assertThat(config.get("use_rslora").asBoolean()).isTrue();
    assertThat(config.has("use_dora")).isFalse();
    assertThat(config.get("bias").asText()).isEqualTo("lora_only");
    assertThat(config.get("modules_to_save").toString())
        .isEqualTo("[\"model.language_model.norm\"]");
    GoldenTensors adapter = adapter(run);
    List<String> towers =
        adapter.names().stream()
            .filter(n -> n.startsWith(VISION) && n.endsWith("lora_A.weight"))
            .toList();
    assertThat(towers).hasSize(4).filteredOn(n -> n.contains("fc1")).hasSize(1);
    assertThat(adapter.names().stream().filter(n -> n.startsWith(DECODER)).toList()).hasSize(29);
    GoldenTensors base = Golden.tensors("train/hf/model.safetensors");
    String bias = "vision_model.encoder.layers.1.self_attn.q_proj.bias";
    assertThat(
            adapter.floats(
                VISION + bias.replace("vision_model.", "").replace(".bias", ".base_layer.bias")))
        .isNotEqualTo(base.floats("vision_tower." + bias));
    assertThat(adapter.floats(DECODER + "norm.weight"))
        .isNotEqualTo(base.floats("language_model.model.norm.weight"));
    assertThat(adapter.names()).noneMatch(n -> n.contains("k_proj") && n.contains("vision"));
  }

  @Test
  void magnitudesOfDoraTrainAndRatesOfTheFactorsDiffer() throws IOException {
    Path run =
        train(
            "dora",
            "decoder: { lr: 1e-2, adapter: { r: 2, dora: true, targets: q_proj, lr_ratio: 8 } }");
    assertThat(config(run).get("use_dora").asBoolean()).isTrue();
    float[] magnitude =
        adapter(run).floats(DECODER + "layers.0.self_attn.q_proj.lora_magnitude_vector");
    float[] weight =
        Golden.tensors("train/hf/model.safetensors")
            .floats("language_model.model.layers.0.self_attn.q_proj.weight"); // [32, 32]
    double norm = 0;
    for (int i = 0; i < 32; i++) {
      norm += weight[i] * weight[i];
    }
    assertThat(magnitude[0]).isCloseTo((float) Math.sqrt(norm), within(0.5f));
    assertThat(magnitude[0]).isNotEqualTo((float) Math.sqrt(norm));
    JsonNode rates = metrics(run).get(1).get("lr");
    assertThat(rates.get("decoder.lora_B").asDouble())
        .isEqualTo(8 * rates.get("decoder").asDouble());
  }

  /// A directory may hold a part whole that the recipe does not name: the run's own adapter has it
  /// too, or it would not be the run's model on the base.
  @Test
  void whatAnAdaptersDirectoryBringsWholeIsInTheRunsAdapterToo() throws IOException {
    String adapter = "decoder: { lr: 1e-2, adapter: { %s } }";
    Path first = train("first", "projector: { lr: 1e-2 }\n" + adapter.formatted("r: 2"));
    Path begin = first.resolve("final/adapter");
    Path second = train("second", adapter.formatted("path: " + begin));
    String projector = "base_model.model.model.multi_modal_projector.linear_1.weight";
    assertThat(adapter(second).floats(projector))
        .isEqualTo(adapter(first).floats(projector))
        .isEqualTo(
            GoldenTensors.read(second.resolve("final/model.safetensors"))
                .floats("multi_modal_projector.linear_1.weight"));
    assertThat(config(second).get("modules_to_save")).hasSize(2);
  }

  /// The first step of a stage is the base's, whatever the adapter.
  @Test
  void atTheStartTheLossIsTheBases() throws IOException {
    double base = firstLoss("whole", "decoder: { lr: 1e-2 }");
    for (String keys : List.of("r: 4", "r: 4, rslora: true", "r: 4, bias: all")) {
      String train = "decoder: { lr: 1e-2, adapter: { " + keys + " } }";
      assertThat(firstLoss("start" + keys.length(), train)).as(keys).isEqualTo(base);
    }
    String tower = "vision: { lr: 1e-2, adapter: { r: 4, dora: true, bias: all } }";
    assertThat(firstLoss("tower", tower)).isCloseTo(base, within(1e-6 * base));
  }

  private double firstLoss(String name, String train) throws IOException {
    return metrics(train(name, train)).getFirst().get("loss").asDouble();
  }

  private static JsonNode config(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve("final/adapter/adapter_config.json").toFile());
  }

  private static GoldenTensors adapter(Path run) {
    return GoldenTensors.read(run.resolve("final/adapter/adapter_model.safetensors"));
  }

  private static List<JsonNode> metrics(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(AdapterKeysTest::json)
        .toList();
  }

  private static JsonNode json(String line) {
    try {
      return new ObjectMapper().readTree(line);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private Path train(String name, String train) throws IOException {
    Path run = directory.resolve(name);
    String yaml =
        """
        name: keys
        output: %s
        model: { path: %s, max_tokens: 512 }
        runtime: { precision: fp32, threads: 1 }
        stages:
          - name: adapt
            data: [ { path: %s, images: %s } ]
            template: v1
            steps: 2
            order: { shuffle: false }
            batch: { size: 4 }
            schedule: { type: constant }
            train:
        %s\
        """
            .formatted(
                run,
                Golden.path("train/hf"),
                Golden.path("train/data.json"),
                Golden.path("train/images"),
                train.indent(6));
    Path file = Files.writeString(directory.resolve(name + ".yaml"), yaml);
    CommandRun ran = CommandRun.of(List.of("train", file.toString()));
    assertThat(ran.errors()).isEmpty();
    assertThat(ran.code()).isZero();
    return run;
  }
}
