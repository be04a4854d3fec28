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
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapters through the command line: from the recipe's keys to the directories at the end.
final class LoraCommandTest {
  private static final String PEFT = "base_model.model.model.language_model.";

  @TempDir Path directory;

  @Test
  void aTwoStageLoraRecipeGivesPeftsLossesNormsRatesAndWeights() throws IOException {
    Path run =
        train(
            "golden",
            """
            - name: instruct
              train:
                projector: { lr: 5e-4 }
                decoder: { lr: 2e-3, adapter: { path: %s } }
              image: { aspect: pad }
              epochs: 2
            """
                .formatted(Golden.path("train/lora_init")));
    List<JsonNode> lines = metrics(run);
    JsonNode expected = Golden.json("train/stage2_lora/log.json").get("steps_log");
    assertThat(lines).hasSize(6 + expected.size());
    for (int i = 0; i < expected.size(); i++) {
      JsonNode line = lines.get(6 + i);
      close(line.get("loss"), expected.get(i).get("loss_global_token_mean"), 1e-5);
      close(line.get("grad_norm"), expected.get(i).get("grad_norm_before_clip"), 2e-5);
      close(line.get("lr").get("decoder"), expected.get(i).get("lr"), 1e-12);
      close(line.get("lr").get("projector"), expected.get(i).get("lr_projector"), 1e-12);
    }
    GoldenTensors adapter =
        GoldenTensors.read(run.resolve("final/adapter/adapter_model.safetensors"));
    GoldenTensors golden = Golden.tensors("train/stage2_lora/adapter/adapter_model.safetensors");
    for (String name : golden.names()) {
      assertThat(adapter.floats(name)).containsExactly(golden.floats(name), within(2e-5f));
    }
    GoldenTensors projector = Golden.tensors("train/stage2_lora/final.safetensors");
    GoldenTensors merged = GoldenTensors.read(run.resolve("final/model.safetensors"));
    for (String name : projector.names()) {
      assertThat(merged.floats(name)).containsExactly(projector.floats(name), within(2e-5f));
    }
    assertMerged(merged, adapter, Golden.tensors("train/hf/model.safetensors"));
    Set<String> modules = new TreeSet<>();
    new ObjectMapper()
        .readTree(run.resolve("final/adapter/adapter_config.json").toFile())
        .get("modules_to_save")
        .forEach(module -> modules.add(module.asText()));
    assertThat(modules)
        .containsExactly(
            "model.multi_modal_projector.linear_1", "model.multi_modal_projector.linear_2");
  }

  /// The merged weight is the base's plus alpha/r · B·A, alpha/r being 2.
  private static void assertMerged(
      GoldenTensors merged, GoldenTensors adapter, GoldenTensors base) {
    String layer = "layers.1.mlp.down_proj"; // [32, 56]
    float[] a = adapter.floats(PEFT + layer + ".lora_A.weight"); // [4, 56]
    float[] b = adapter.floats(PEFT + layer + ".lora_B.weight"); // [32, 4]
    String name = "language_model.model." + layer + ".weight";
    float[] expected = base.floats(name).clone();
    for (int row = 0; row < 32; row++) {
      for (int column = 0; column < 56; column++) {
        for (int k = 0; k < 4; k++) {
          expected[row * 56 + column] += 2 * b[row * 4 + k] * a[k * 56 + column];
        }
      }
    }
    assertThat(merged.floats(name)).containsExactly(expected, within(1e-6f));
    assertThat(merged.floats(name)).isNotEqualTo(base.floats(name));
  }

  @Test
  void anAdapterStaysAtWorkInStagesThatDoNotNameItsPart() throws IOException {
    String adapt =
        """
        - name: adapt
          train: { decoder: { lr: %s, adapter: { r: 4, targets: [ q_proj, "model.*down_proj" ] } } }
          epochs: 1
        - name: rest
          train: { projector: { lr: 0 } }
          steps: 2
        """;
    Path trained = train("trained", adapt.formatted("1e-2"));
    Path untrained = train("untrained", adapt.formatted("0"));
    double with = metrics(trained).get(9).get("loss").asDouble();
    double without = metrics(untrained).get(9).get("loss").asDouble();
    assertThat(metrics(trained).get(9).get("stage").asText()).isEqualTo("rest");
    assertThat(metrics(trained).get(9).get("lr").has("decoder")).isFalse();
    assertThat(with).isLessThan(without - 0.05);
    GoldenTensors before = checkpoint(trained, "adapt/step-000003");
    GoldenTensors after = checkpoint(trained, "rest/step-000002");
    String factor = "language_model.model.layers.0.self_attn.q_proj.lora_B.weight";
    assertThat(after.floats(factor)).isEqualTo(before.floats(factor));
    assertThat(before.names()).noneMatch(n -> n.endsWith("q_proj.weight"));
    assertThat(before.names().stream().filter(n -> n.contains("lora_A"))).hasSize(4);
    assertThat(Files.readString(trained.resolve("log.txt")))
        .contains("lora r 4, alpha 16, 4 layers, frozen");
  }

  @Test
  void aStageThatTrainsThePartWholeBeginsWithTheMergedAdapter() throws IOException {
    Path run =
        train(
            "merged",
            """
            - name: adapt
              train: { decoder: { lr: 1e-2, adapter: { r: 4 } } }
              epochs: 1
            - name: whole
              train: { decoder: { lr: 0 } }
              steps: 1
            """);
    GoldenTensors whole = checkpoint(run, "whole/step-000001");
    String weight = "language_model.model.layers.0.self_attn.q_proj.weight";
    assertThat(whole.names()).contains(weight).noneMatch(n -> n.contains("lora"));
    assertThat(whole.floats(weight))
        .isNotEqualTo(Golden.tensors("train/hf/model.safetensors").floats(weight));
    assertThat(run.resolve("final/adapter")).doesNotExist();
  }

  @Test
  void theAdapterDirectoryAndACheckpointAreModelsToGoOnFrom() throws IOException {
    String stage =
        """
        - name: adapt
          train: { projector: { lr: 1e-3 }, decoder: { lr: 1e-2, adapter: { %s } } }
          epochs: 1
        """;
    Path first = train("first", stage.formatted("r: 4, lr_ratio: 4"));
    assertThat(metrics(first).get(7).get("lr").get("decoder.lora_B").asDouble())
        .isEqualTo(4 * metrics(first).get(7).get("lr").get("decoder").asDouble());
    List<String> ask =
        List.of("--raw", "--prompt", "Hello", "--ignore-eos", "--max-new-tokens", "8");
    CommandRun merged = generate(first.resolve("final"), ask);
    CommandRun checkpoint = generate(first.resolve("stages/adapt/step-000003"), ask);
    assertThat(merged.code()).isZero();
    assertThat(checkpoint.out()).isEqualTo(merged.out()).isNotBlank();
    Path second =
        train(
            "second",
            stage
                .formatted("path: " + first.resolve("final/adapter"))
                .replace("lr: 1e-2", "lr: 0"));
    assertThat(second.resolve("final/adapter/adapter_model.safetensors")).exists();
    String factor = PEFT + "layers.0.mlp.up_proj.lora_B.weight";
    String file = "final/adapter/adapter_model.safetensors";
    assertThat(GoldenTensors.read(second.resolve(file)).floats(factor))
        .isEqualTo(GoldenTensors.read(first.resolve(file)).floats(factor));
  }

  @Test
  void adaptersOfOnePartTrainSideBySideByTheirNames() throws IOException {
    String second = "name: style, r: 2, targets: [ q_proj, v_proj ], rslora: true";
    Path run =
        train(
            "several",
            """
            - name: one
              train: { decoder: { lr: 1e-2, adapter: { r: 4, name: task } } }
              steps: 2
            - name: two
              train: { decoder: { lr: 5e-2, adapter: { %s, active: [ task ] } } }
              steps: 5
            """
                .formatted(second));
    GoldenTensors before = checkpoint(run, "one/step-000002");
    GoldenTensors after = checkpoint(run, "two/step-000005");
    String task = "language_model.model.layers.0.self_attn.q_proj.lora_B.task.weight";
    assertThat(after.floats(task)).isEqualTo(before.floats(task));
    assertThat(after.floats(task.replace("task", "style"))).isNotEqualTo(new float[64]);
    assertThat(Files.readString(run.resolve("log.txt")))
        .contains("rslora r 2, alpha 16, 4 layers (and 1 more, frozen)");

    Path adapter = run.resolve("final/adapter");
    assertThat(adapter.resolve("adapter_config.json")).doesNotExist();
    List<String> ask =
        List.of("--raw", "--prompt", "Hello", "--ignore-eos", "--max-new-tokens", "8");
    CommandRun merged = generate(run.resolve("final"), ask);
    assertThat(generate(run.resolve("stages/two/step-000005"), ask).out())
        .isEqualTo(merged.out())
        .isNotBlank();
    List<String> both = new ArrayList<>(ask);
    both.addAll(List.of("--adapter", adapter.resolve("task") + "=task"));
    both.addAll(List.of("--adapter", adapter.resolve("style") + "=style"));
    assertThat(generate(Golden.path("train/hf"), both).out()).isEqualTo(merged.out());
    List<String> alone = new ArrayList<>(ask);
    alone.addAll(List.of("--adapter", adapter.resolve("task").toString()));
    assertThat(generate(Golden.path("train/hf"), alone).out())
        .isEqualTo(generate(run.resolve("stages/one/step-000002"), ask).out())
        .isNotEqualTo(merged.out());
    Path exported = directory.resolve("exported");
    CommandRun peft =
        run(
            "model",
            "export",
            "--model",
            run.resolve("stages/two/step-000005").toString(),
            "--to",
            "peft",
            "--out",
            exported.toString());
    assertThat(peft.errors()).isEmpty();
    for (String name : List.of("task", "style")) {
      Path weights = Path.of(name, "adapter_model.safetensors");
      assertThat(exported.resolve(weights)).hasSameBinaryContentAs(adapter.resolve(weights));
    }
    both.set(both.size() - 1, adapter.resolve("style") + "=task");
    assertThat(generate(Golden.path("train/hf"), both).errors())
        .isEqualTo("decoder: has an adapter 'task' already; give this one another name\n");

    Path unknown =
        recipe(
            "unknown",
            """
            - name: one
              train: { decoder: { lr: 1e-2, adapter: { r: 4, active: [ task ] } } }
            """);
    assertThat(run("plan", unknown.toString()).errors())
        .contains(
            "stages.one.train.decoder.adapter: active names 'task', which is no other adapter of"
                + " the part (found [])");
  }

  @Test
  void adaptersThatDoNotFitEachOtherAreRefusedAtTheStart() throws IOException {
    Path changed =
        recipe(
            "changed",
            """
            - name: one
              train: { decoder: { lr: 1e-2, adapter: { r: 4 } } }
            - name: two
              train: { decoder: { lr: 1e-2, adapter: { r: 8 } } }
            """);
    CommandRun ran = run("train", changed.toString());
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.errors())
        .contains("stages.two.train.decoder.adapter: differs from that of stage one")
        .contains("give both the same keys, or this one another name");
    Path unlike =
        recipe(
            "unlike",
            """
            - name: one
              train:
                vision: { lr: 1e-2, adapter: { r: 2 } }
                decoder: { lr: 1e-2, adapter: { r: 4 } }
            """);
    assertThat(run("plan", unlike.toString()).errors())
        .contains("differs from that of the ")
        .contains("adapters of one name share r, alpha, dropout, rslora, dora and bias");
    Path empty =
        recipe(
            "elsewhere",
            """
            - name: one
              train: { vision: { lr: 1e-2, adapter: { path: %s } } }
            """
                .formatted(Golden.path("train/lora_init")));
    assertThat(run("plan", empty.toString()).errors())
        .contains("has adapters of [decoder] only; name another directory");
  }

  private static CommandRun generate(Path model, List<String> ask) {
    List<String> arguments =
        new ArrayList<>(List.of("generate", "--model", model.toString(), "--precision", "fp32"));
    arguments.addAll(ask);
    return CommandRun.of(arguments);
  }

  private static GoldenTensors checkpoint(Path run, String step) {
    return GoldenTensors.read(
        run.resolve("stages").resolve(step).resolve("weights/model.safetensors"));
  }

  private static void close(JsonNode found, JsonNode expected, double relative) {
    assertThat(found.asDouble())
        .isCloseTo(expected.asDouble(), within(relative * Math.abs(expected.asDouble()) + 1e-15));
  }

  private static List<JsonNode> metrics(Path run) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  /// Runs the golden first stage and those given behind it; gives the run's directory.
  private Path train(String name, String stages) throws IOException {
    CommandRun ran = run("train", recipe(name, stages).toString());
    assertThat(ran.errors()).isEmpty();
    assertThat(ran.code()).isZero();
    return directory.resolve(name);
  }

  private Path recipe(String name, String stages) throws IOException {
    String common =
        """
        template: v1
        data: [ { path: %s, images: %s } ]
        order: { shuffle: false }
        batch: { size: 8, micro_size: 4 }
        """
            .formatted(Golden.path("train/data.json"), Golden.path("train/images"));
    StringBuilder each = new StringBuilder();
    for (String line : stages.lines().toList()) {
      if (line.startsWith("- name")) {
        each.append("  ").append(line).append('\n').append(common.indent(4));
      } else {
        each.append("  ").append(line).append('\n');
      }
    }
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
            order: { shuffle: false }
            batch: { size: 4, micro_size: 4 }
        %s\
        """
            .formatted(
                name,
                directory.resolve(name),
                Golden.path("train/hf"),
                Golden.path("train/pretrain.json"),
                Golden.path("train/images"),
                each);
    return Files.writeString(directory.resolve(name + ".yaml"), yaml);
  }

  private static CommandRun run(String... arguments) {
    return CommandRun.of(List.of(arguments));
  }
}
