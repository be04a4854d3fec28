package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraSettings.Bias;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.engine.Parameter;
import dev.jlava.model.Adapter;
import dev.jlava.model.Adapters;
import dev.jlava.model.ModelException;
import dev.jlava.model.Part;
import dev.jlava.model.PeftDirectory;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// PEFT's directories of adapters inside LLaVA.
final class PeftDirectoryTest {
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";
  private static final Path INITIAL = Golden.path("train/lora_init");

  @TempDir private Path directory;

  @Test
  void llavaHasPeftsNames() throws IOException {
    try (AdapterCase c = new AdapterCase()) {
      load(c, INITIAL);
      PeftDirectory.save(c.model, Set.of("projector"), Path.of("../hf"), directory);
      GoldenTensors written = GoldenTensors.read(directory.resolve(WEIGHTS));
      GoldenTensors expected = GoldenTensors.read(INITIAL.resolve(WEIGHTS));
      for (String name : expected.names()) {
        assertThat(written.floats(name)).as(name).isEqualTo(expected.floats(name));
      }
      String projector = "base_model.model.model.multi_modal_projector.linear_";
      assertThat(written.names())
          .hasSize(expected.names().size() + 4)
          .contains(projector + "1.weight", projector + "2.bias");
      JsonNode config = new ObjectMapper().readTree(directory.resolve(CONFIG).toFile());
      // CLIP has layers of the same last names, so whole names are needed.
      assertThat(config.get("target_modules"))
          .hasSize(14)
          .extracting(JsonNode::asText)
          .contains("model.language_model.layers.1.mlp.up_proj");
      assertThat(config.get("modules_to_save"))
          .extracting(JsonNode::asText)
          .containsExactly(
              "model.multi_modal_projector.linear_1", "model.multi_modal_projector.linear_2");
      assertThat(config.get("auto_mapping"))
          .isEqualTo(
              new ObjectMapper().readTree(INITIAL.resolve(CONFIG).toFile()).get("auto_mapping"));
    }
  }

  /// CLIP's `embeddings` has a tensor of its own and modules inside: PEFT cannot load both.
  @Test
  void aModuleToSaveIsNotNamedBesideOneThatItIsIn() throws IOException {
    try (AdapterCase c = new AdapterCase()) {
      load(c, INITIAL);
      PeftDirectory.save(c.model, Set.of("vision"), Path.of("../hf"), directory);
      String tower = "model.vision_tower.vision_model.";
      assertThat(GoldenTensors.read(directory.resolve(WEIGHTS)).names())
          .contains("base_model.model." + tower + "embeddings.patch_embedding.weight");
      assertThat(
              new ObjectMapper()
                  .readTree(directory.resolve(CONFIG).toFile())
                  .get("modules_to_save"))
          .extracting(JsonNode::asText)
          .contains(tower + "embeddings", tower + "encoder.layers.0.self_attn.q_proj")
          .noneMatch(m -> m.startsWith(tower + "embeddings."));
    }
  }

  @Test
  void theOriginalLlavasNamesAreRead() throws IOException {
    Files.copy(INITIAL.resolve(CONFIG), directory.resolve(CONFIG));
    Path source = Golden.path("train/stage2_lora/llava_layout/" + WEIGHTS);
    Files.copy(source, directory.resolve(WEIGHTS));
    try (AdapterCase original = new AdapterCase();
        AdapterCase adapter = new AdapterCase()) {
      load(original, directory);
      load(adapter, Golden.path("train/stage2_lora/adapter"));
      assertSame(original, adapter);
      assertThat(original.decoder.adapter().orElseThrow().parameters()).hasSize(28);
    }
  }

  @ParameterizedTest
  @EnumSource(Bias.class)
  void whatIsWrittenIsRead(Bias bias) {
    try (AdapterCase c = new AdapterCase();
        AdapterCase again = new AdapterCase()) {
      LoraTargets tower = LoraTargets.of(List.of("q_proj", "fc1"));
      LoraTargets decoder = LoraTargets.of(List.of("q_proj", "up_proj"));
      for (Part part : List.of(c.vision, c.decoder)) {
        LoraTargets targets = part == c.vision ? tower : decoder;
        c.attach(part, settings(targets, bias, 8, part == c.vision ? "" : "lm_head"));
        AdapterCase.randomize(part, 6);
      }
      PeftDirectory.save(c.model, Set.of(), Path.of("../hf"), directory);
      load(again, directory);
      assertSame(again, c);
      assertThat(again.pass(again.batch(0)).loss()).isEqualTo(c.pass(c.batch(0)).loss());
    }
  }

  private static LoraSettings settings(LoraTargets targets, Bias bias, double alpha, String save) {
    List<String> modules = save.isEmpty() ? List.of() : List.of(save);
    return new LoraSettings(4, alpha, 0, targets, true, true, bias, 1, modules);
  }

  private static void load(AdapterCase c, Path from) {
    PeftDirectory.load(
        new Adapters(c.engine, c.scope),
        c.model.parts(),
        from,
        new PeftDirectory.Loading(Adapter.DEFAULT, 1, 1));
  }

  private static void assertSame(AdapterCase found, AdapterCase expected) {
    List<Parameter> theirs = new ArrayList<>();
    expected.model.parts().forEach(p -> theirs.addAll(p.trainable()));
    List<Parameter> ours = new ArrayList<>();
    found.model.parts().forEach(p -> ours.addAll(p.trainable()));
    assertThat(ours)
        .extracting(Parameter::name)
        .containsExactlyInAnyOrderElementsOf(theirs.stream().map(Parameter::name).toList());
    for (Parameter parameter : theirs) {
      Parameter same =
          ours.stream().filter(p -> p.name().equals(parameter.name())).findFirst().orElseThrow();
      assertThat(same.value().floats()).as(same.name()).isEqualTo(parameter.value().floats());
    }
  }

  @Test
  void partsWithOtherSettingsDoNotFitOneDirectory() {
    try (AdapterCase c = new AdapterCase()) {
      c.attach(c.vision, settings(AdapterCase.ALL, Bias.NONE, 8, ""));
      c.attach(c.decoder, settings(AdapterCase.ALL, Bias.NONE, 16, ""));
      assertThatThrownBy(() -> PeftDirectory.save(c.model, Set.of(), Path.of("../hf"), directory))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("decoder has another than vision");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "peft_type, IA3, peft_type is 'IA3' (allowed LORA)",
    "lora_bias, true, lora_bias is true",
    "layer_replication, [[0;1]], layer_replication is",
    "r, 0, 'adapter r is 0 (allowed 1 or more)'",
    "bias, some, 'bias is ''some'' (allowed none, lora_only, all)'"
  })
  void settingsThatAreNotComputedAreErrors(String key, String value, String message)
      throws IOException {
    edit(json -> json.set(key, parse(value.replace(';', ','))));
    assertRefused(ModelException.class, CONFIG, message);
  }

  private static JsonNode parse(String value) {
    try {
      return new ObjectMapper().readTree(value);
    } catch (IOException e) {
      return new ObjectMapper().getNodeFactory().textNode(value);
    }
  }

  @Test
  void tensorsThatDoNotFitAreErrorsThatNameThem() throws IOException {
    edit(json -> json.put("r", 8));
    assertRefused(WeightsException.class, WEIGHTS, "has shape [4, 32]", "expects [8, 32]");
    edit(json -> json.put("use_dora", true));
    assertRefused(
        WeightsException.class,
        WEIGHTS,
        "decoder tensor 'model.layers.0.mlp.up_proj.lora_magnitude_vector' is missing");
    Files.delete(directory.resolve(WEIGHTS));
    assertRefused(WeightsException.class, WEIGHTS, "no such file");
    Files.delete(directory.resolve(CONFIG));
    assertRefused(ModelException.class, CONFIG, "expected a PEFT adapter's directory");
  }

  /// Puts the initial adapter with another configuration into the directory.
  private void edit(Consumer<ObjectNode> change) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = (ObjectNode) mapper.readTree(INITIAL.resolve(CONFIG).toFile());
    change.accept(json);
    mapper.writeValue(directory.resolve(CONFIG).toFile(), json);
    if (!Files.exists(directory.resolve(WEIGHTS))) {
      Files.copy(INITIAL.resolve(WEIGHTS), directory.resolve(WEIGHTS));
    }
  }

  private void assertRefused(Class<? extends Exception> type, String file, String... parts) {
    try (AdapterCase c = new AdapterCase()) {
      assertThatThrownBy(() -> load(c, directory))
          .isInstanceOf(type)
          .hasMessageContaining(directory.resolve(file).toString())
          .hasMessageContainingAll(parts);
      assertThat(c.decoder.adapter()).isEmpty();
    }
  }
}
