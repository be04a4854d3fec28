package dev.jlava.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.engine.ScalarType;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LlavaDirectoryTest {
  private static final Path HUGGING_FACE = Golden.path("llava/hf");
  private static final Path ORIGINAL = Golden.path("llava/original");

  @TempDir private Path directory;

  /// The second has its tower beside it, and its weights in half precision.
  @ParameterizedTest
  @CsvSource({"model, 0", "bin, 2e-3"})
  void theOriginalLayoutGivesTheLogitsOfHuggingFaces(String name, float tolerance) {
    try (SmallModel small = new SmallModel()) {
      float[] expected = small.logits(small.load(HUGGING_FACE, ScalarType.F32));
      VisionLanguageModel model = small.load(ORIGINAL.resolve(name), ScalarType.F32);
      assertThat(small.logits(model)).containsExactly(expected, within(tolerance));
      model.projector().part().get("linear_1.bias").value().data().fill((byte) 0x3f);
      assertThat(small.logits(model)[0]).isNotCloseTo(expected[0], within(tolerance));
    }
  }

  @Test
  void theOriginalsImageProcessorIsItsTowers() {
    assertThat(LlavaDirectory.open(ORIGINAL.resolve("bin")).files())
        .isEqualTo(new LlavaFiles(ORIGINAL.resolve("bin"), ORIGINAL.resolve("clip_tower")));
    assertThat(LlavaDirectory.open(HUGGING_FACE).files())
        .isEqualTo(new LlavaFiles(HUGGING_FACE, HUGGING_FACE));
  }

  @Test
  void aTowerIsFoundByTheLastPartOfItsHubIdBesideTheModel() throws IOException {
    Path model = Files.createDirectories(directory.resolve("model"));
    config(model, json -> json.put("mm_vision_tower", "somebody/tower"));
    assertThatThrownBy(() -> LlavaDirectory.open(model))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            model
                + "/config.json: mm_vision_tower 'somebody/tower' is not found (looked in "
                + String.join(
                    ", ",
                    "somebody/tower",
                    model + "/somebody/tower",
                    directory + "/somebody/tower",
                    directory + "/tower")
                + "); put the tower's Hugging Face directory in one of these places, or write its"
                + " path as mm_vision_tower");
    Path tower = Files.createDirectories(directory.resolve("tower"));
    Files.copy(ORIGINAL.resolve("clip_tower/config.json"), tower.resolve("config.json"));
    assertThat(LlavaDirectory.open(model).files()).isEqualTo(new LlavaFiles(model, tower));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mm_use_im_start_end | true | mm_use_im_start_end true is not supported",
        "mm_patch_merge_type | spatial_unpad | mm_patch_merge_type spatial_unpad is not supported",
        "mm_vision_select_feature | cls | mm_vision_select_feature cls is not supported",
      })
  void whatOnlyOtherLlavasHaveIsRefused(String key, String value, String message)
      throws IOException {
    config(directory, json -> json.put(key, value).put("mm_vision_tower", tower()));
    assertFails("config.json: " + message);
  }

  @Test
  void anotherModelIsNoLlava() throws IOException {
    assertFails("config.json: no such file");
    Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"bert\"}");
    assertFails(
        "config.json: not a LLaVA model (found model_type 'bert'; expected vision_config and"
            + " text_config as Hugging Face has it, or mm_vision_tower as the original LLaVA has"
            + " it)");
    Files.copy(
        HUGGING_FACE.resolve("config.json"),
        directory.resolve("config.json"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    String text = Files.readString(directory.resolve("config.json"));
    Files.writeString(
        directory.resolve("config.json"),
        text.replace("\"vision_feature_layer\": -2", "\"vision_feature_layer\": [-2, -3]"));
    assertFails("config.json: vision_feature_layer [-2,-3] is not supported");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text_config/num_attention_heads | 0 | num_attention_heads is 0 (expected a whole",
        "text_config/hidden_size | \"big\" | hidden_size is \"big\" (expected a whole",
        "text_config/num_key_value_heads | 3 | num_key_value_heads is 3, which does not divide",
        "text_config/vocab_size | 1.5 | vocab_size is 1.5 (expected a whole",
        "vision_config/patch_size | 0 | patch_size is 0 (expected a whole",
        "vision_config/num_attention_heads | 3 | num_attention_heads is 3, which does not divide",
        "vision_feature_layer | 7 | no hidden state 7 to read (found 3 layers, expected -4 to 3)",
        "vision_feature_layer | -9 | no hidden state -9 to read",
        "vision_feature_select_strategy | \"cls\" | select_strategy cls is not supported (expected",
      })
  void sizesThatNoModelHasAreNamed(String key, String value, String message) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode config = Golden.json("llava/hf/config.json").deepCopy();
    int slash = key.indexOf('/');
    ObjectNode owner = slash < 0 ? config : (ObjectNode) config.get(key.substring(0, slash));
    owner.set(key.substring(slash + 1), json.readTree(value));
    Files.writeString(directory.resolve("config.json"), config.toString());
    assertThatThrownBy(
            () -> {
              ModelShape shape = ModelShape.of(directory);
              shape.vision().layersFor(shape.features().layer());
            })
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mm_projector.bin", "non_lora_trainables.bin", "mm_projector_bf16.bin"})
  void aProjectorIsReadByItself(String file) throws IOException {
    GoldenTensors hf = Golden.tensors("llava/hf/model.safetensors");
    float tolerance = file.contains("bf16") ? 4e-3f : 0;
    Files.copy(ORIGINAL.resolve(file), directory.resolve(file));
    Path path = file.contains("bf16") ? directory.resolve(file) : directory;
    try (SmallModel small = new SmallModel()) {
      VisionLanguageModel model = small.load(HUGGING_FACE, ScalarType.F32);
      Projector projector =
          small
              .parts(ScalarType.F32)
              .projector("mlp2x_gelu", model.vision(), model.decoder(), path);
      for (String name : new String[] {"linear_1.weight", "linear_1.bias", "linear_2.weight"}) {
        assertThat(projector.part().get(name).value().floats())
            .containsExactly(hf.floats("multi_modal_projector." + name), within(tolerance));
      }
      assertThatThrownBy(() ->
              small
                  .parts(ScalarType.F32)
                  .projector("mlp3x_gelu", model.vision(), model.decoder(), path))
          .hasMessageContaining("projector tensor 'linear_3.weight' is missing");
    }
  }

  private static String tower() {
    return ORIGINAL.resolve("clip_tower").toString();
  }

  private interface Change {
    void to(ObjectNode config);
  }

  private static void config(Path model, Change change) throws IOException {
    ObjectNode config = (ObjectNode) Golden.json("llava/original/model/config.json").deepCopy();
    change.to(config);
    new ObjectMapper().writeValue(model.resolve("config.json").toFile(), config);
  }

  private void assertFails(String message) {
    assertThatThrownBy(() -> LlavaDirectory.open(directory))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }
}
