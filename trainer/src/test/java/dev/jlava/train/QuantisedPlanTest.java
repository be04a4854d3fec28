package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.recipe.RecipeException;
import dev.jlava.recipe.RecipeLoader;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Plans of a model whose files hold tower and decoder quantised.
final class QuantisedPlanTest {
  private static final String ADAPTER = "decoder: { lr: 1e-3, adapter: { r: 4 } }";

  /// The decoder's `gate_proj` is larger than any weight of the tower.
  private static final long LARGEST = 32 * 56;

  @TempDir Path directory;

  @BeforeEach
  void write() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode config =
        (ObjectNode) mapper.readTree(Golden.path("train/hf").resolve("config.json").toFile());
    config.putObject("quantization_config").put("load_in_8bit", true);
    Files.writeString(directory.resolve("config.json"), config.toString());
  }

  private StagePlan plan(String train, String precision, String device) throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("recipe.yaml"),
            """
            name: few
            model: { path: %s }
            runtime: { precision: %s, device: %s }
            stages:
              - name: one
                train: { %s }
                data: [ { path: data.json } ]
                template: plain
                batch: { size: 8 }
            """
                .formatted(directory, precision, device, train));
    return RecipePlan.of(RecipeLoader.load(file, List.of(), List.of("plain")).recipe())
        .stages()
        .getFirst();
  }

  @Test
  void oneWeightIsDequantisedAtATime() throws IOException {
    StagePlan plan = plan(ADAPTER, "fp32", "cpu");
    assertThat(plan.memory().dequantised()).isEqualTo(4 * LARGEST);
    assertThat(plan.totalBytes())
        .isEqualTo(
            plan.kept().total()
                + plan.memory().activations()
                + plan.memory().logits()
                + 4 * LARGEST);
    PartPlan decoder = plan.parts().getLast();
    long linears = 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 32 * 56);
    long rows = 2 * (32 + 16 + 16 + 32 + 56 + 56 + 32);
    long adapter = decoder.trained();
    assertThat(decoder.bytes().weights())
        .isEqualTo(linears + 4 * rows + 4 * (decoder.parameters() - linears) + 4 * adapter);
    assertThat(PlanText.of(plan, OptionalDouble.empty()))
        .contains(", a dequantised weight 0.0 MiB");
  }

  /// Attention in bf16 on a CPU that has it keeps neither its output nor what it turned.
  @Test
  void whatAttentionKeepsDependsOnTheDevice() throws IOException {
    String projector = "projector: { lr: 1e-3 }";
    Files.copy(
        Golden.path("train/hf").resolve("config.json"),
        directory.resolve("config.json"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThat(plan(projector, "fp32", "cpu").memory())
        .isEqualTo(plan(projector, "fp32", "cuda:1").memory());
    StagePlan cpu = plan(projector, "bf16", "cpu");
    StagePlan gpu = plan(projector, "bf16", "cuda:1");
    if (Engine.cpuProductType(ScalarType.BF16) == ScalarType.BF16) {
      assertThat(cpu.memory().activations()).isLessThan(gpu.memory().activations());
    } else {
      assertThat(cpu.memory()).isEqualTo(gpu.memory());
    }
    assertThat(cpu.kept()).isEqualTo(gpu.kept());
    assertThat(cpu.memory().dequantised()).isZero();
  }

  @Test
  void whatIsStoredQuantisedDoesNotTrainWhole() {
    for (String part : List.of("vision", "decoder")) {
      assertThatThrownBy(() -> plan(part + ": { lr: 1e-3 }", "fp32", "cpu"))
          .isInstanceOf(RecipeException.class)
          .hasMessage(
              "stages.one.train.%1$s: the %1$s's files hold it quantised (found int8), and its weights cannot train; give it an adapter, which trains beside them, or name a model that is not quantised"
                  .formatted(part));
    }
  }
}
