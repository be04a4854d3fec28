package dev.jlava.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PartNameTest {
  private static final Path FILE = Path.of("dir/model.safetensors");

  private static TensorEntry entry(String name, long... shape) {
    return new TensorEntry(name, Dtype.F32, shape, MemorySegment.NULL, FILE);
  }

  @Test
  void everyMissingMisshapenAndUnusedTensorIsReportedAtOnce() {
    Map<String, long[]> expected = new LinkedHashMap<>();
    expected.put("linear_1.weight", new long[] {4, 2});
    expected.put("linear_1.bias", new long[] {4});
    expected.put("linear_2.bias", new long[] {4});
    Map<String, TensorEntry> found = new TreeMap<>();
    found.put("linear_1.weight", entry("multi_modal_projector.linear_1.weight", 2, 4));
    found.put("linear_1.bias", entry("multi_modal_projector.linear_1.bias", 4));
    found.put("linear_3.bias", entry("multi_modal_projector.linear_3.bias", 4));
    assertThatThrownBy(() -> PartName.check("dir", "projector", expected, found))
        .isInstanceOf(WeightsException.class)
        .hasMessage(
            """
            dir/model.safetensors: tensor 'multi_modal_projector.linear_1.weight' has shape [2, 4], \
            config.json expects [4, 2]; check that both are of one model
            dir: projector tensor 'linear_2.bias' is missing (expected shape [4]); check that \
            config.json belongs to these weights
            dir/model.safetensors: tensor 'multi_modal_projector.linear_3.bias' is not used by the \
            model that config.json describes; check that both are of one model\
            """);
  }

  @Test
  void aTensorOfNoPartIsRefused() {
    assertThatThrownBy(() -> PartName.of(entry("audio_tower.weight")))
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith(
            "dir/model.safetensors: tensor 'audio_tower.weight' belongs to no part of a LLaVA"
                + " model (known: language_model.*,");
  }

  /// The names that Hugging Face and the original LLaVA write for the same tensors.
  @ParameterizedTest
  @CsvSource({
    "language_model.model.norm.weight, decoder, model.norm.weight",
    "model.language_model.norm.weight, decoder, model.norm.weight",
    "model.norm.weight, decoder, model.norm.weight",
    "language_model.lm_head.weight, decoder, lm_head.weight",
    "lm_head.weight, decoder, lm_head.weight",
    "multi_modal_projector.linear_2.bias, projector, linear_2.bias",
    "model.multi_modal_projector.linear_2.bias, projector, linear_2.bias",
    "model.mm_projector.2.bias, projector, linear_2.bias",
    "model.mm_projector.bias, projector, linear_1.bias",
    "model.mm_projector.16.weight, projector, linear_9.weight",
    "base_model.model.model.mm_projector.0.weight, projector, linear_1.weight",
    "base_model.model.model.mm_projector.weight, projector, linear_1.weight",
    "vision_tower.vision_model.post_layernorm.bias, vision, vision_model.post_layernorm.bias",
    "model.vision_tower.vision_model.post_layernorm.bias, vision, vision_model.post_layernorm.bias",
    "model.vision_tower.vision_tower.vision_model.post_layernorm.bias, vision,"
        + " vision_model.post_layernorm.bias",
  })
  void filesNamesLeadToParts(String file, String part, String name) {
    assertThat(PartName.of(entry(file))).contains(new PartName(part, name));
  }

  @ParameterizedTest
  @CsvSource({
    "model.layers.0.self_attn.rotary_emb.inv_freq",
    "vision_model.embeddings.position_ids",
    "text_model.embeddings.token_embedding.weight",
    "logit_scale",
  })
  void tablesAndOtherHalvesAreNoWeights(String file) {
    assertThat(PartName.of(entry(file))).isEmpty();
  }
}
