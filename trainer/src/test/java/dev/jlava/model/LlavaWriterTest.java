package dev.jlava.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.Aspect;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.token.TokenizerFiles;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.ScalarType;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LlavaWriterTest {
  private static final Path TOWER = Golden.path("llava/original/clip_tower");
  private static final int VOCABULARY = 800;

  @TempDir private Path directory;
  private final List<String> notes = new ArrayList<>();

  /// A tower, a projector and a small decoder with a byte-level tokenizer of 800 tokens.
  private VisionLanguageModel composed(
      SmallModel small, ScalarType type, boolean tied, String projector) throws IOException {
    Path decoder = Files.createDirectories(directory.resolve("decoder"));
    TokenizerFiles.copy(Golden.path("tokenizer/bytelevel_gpt2"), decoder);
    ObjectNode config = (ObjectNode) Golden.json("llama/mha/config.json").deepCopy();
    config.put("vocab_size", VOCABULARY).put("tie_word_embeddings", tied);
    new ObjectMapper().writeValue(decoder.resolve("config.json").toFile(), config);
    ModelParts parts = small.parts(type);
    VisionTransformer tower = parts.vision(TOWER, OptionalLong.empty());
    LlamaDecoder language = parts.decoder(decoder, OptionalLong.of(1));
    return new VisionLanguageModel(
        tower,
        parts.projector(projector, tower, language, 2),
        language,
        new VisionFeatures(-2, false),
        type);
  }

  private Path write(VisionLanguageModel model, String template, Aspect aspect) {
    Path target = directory.resolve("final");
    ModelCard card = new ModelCard(Optional.of(Template.named(template)), aspect);
    LlavaFiles files = new LlavaFiles(directory.resolve("decoder"), TOWER);
    new LlavaWriter(files, card, notes::add).write(model, target);
    return target;
  }

  private static JsonNode json(Path directory, String file) {
    return ModelCard.json(directory.resolve(file));
  }

  @ParameterizedTest
  @CsvSource({"F32, false", "F32, true", "BF16, false"})
  void newTokensGetMeanRowsAndTheLogitsOfTheOldStayTheSame(ScalarType type, boolean tied)
      throws IOException {
    try (SmallModel small = new SmallModel()) {
      VisionLanguageModel model = composed(small, type, tied, "mlp2x_gelu");
      float[] expected = small.logits(model);
      Path target = write(model, "vicuna_v1", Aspect.SQUARE);
      assertThat(notes)
          .containsExactly(
              "The tokenizer's special tokens <image> (id 800) and padding (id 801) need rows that"
                  + " the decoder lacks: its embedding grows from 800 to 832 rows, the new ones the"
                  + " mean of the old");

      VisionLanguageModel read = small.load(target, type);
      assertThat(read.decoder().config().vocabSize()).isEqualTo(832);
      assertThat(read.decoder().config().tieWordEmbeddings()).isEqualTo(tied);
      float[] found = small.logits(read);
      assertThat(Arrays.copyOf(found, VOCABULARY)).containsExactly(expected);
      double mean = 0;
      for (float logit : expected) {
        mean += logit / VOCABULARY;
      }
      float[] added = new float[32];
      Arrays.fill(added, (float) mean);
      float tolerance = type == ScalarType.BF16 ? 0.01f : 1e-5f;
      assertThat(Arrays.copyOfRange(found, VOCABULARY, found.length))
          .containsExactly(added, within(tolerance));
    }
  }

  @Test
  void theFilesSayWhatTransformersNeeds() throws IOException {
    try (SmallModel small = new SmallModel()) {
      Path target =
          write(composed(small, ScalarType.F32, false, "mlp2x_gelu"), "chatml", Aspect.PAD);
      JsonNode config = json(target, "config.json");
      assertThat(config.get("image_token_index").asInt()).isEqualTo(800);
      assertThat(config.get("image_seq_length").asInt()).isEqualTo(16);
      assertThat(config.get("pad_token_id").asInt()).isEqualTo(801);
      assertThat(config.get("vision_feature_select_strategy").asText()).isEqualTo("default");
      assertThat(config.get("text_config").get("vocab_size").asInt()).isEqualTo(832);
      assertThat(config.has("mm_projector_type")).isFalse();
      assertThat(json(target, "processor_config.json"))
          .isEqualTo(
              new ObjectMapper()
                  .readTree(
                      """
                      {"processor_class": "LlavaProcessor", "image_token": "<image>",
                       "num_additional_image_tokens": 1, "patch_size": 7,
                       "vision_feature_select_strategy": "default"}\
                      """));
      int end = Tokenizers.load(target).idOf("<|im_end|>").orElseThrow();
      JsonNode generation = json(target, "generation_config.json");
      assertThat(generation.get("eos_token_id").toString()).isEqualTo("[797," + end + "]");
      assertThat(json(target, "preprocessor_config.json").get("do_pad").asBoolean()).isTrue();
      assertThat(ImageProcessor.load(target, Aspect.PAD).height()).isEqualTo(28);
      assertThat(ModelCard.read(target))
          .isEqualTo(new ModelCard(Optional.of(Template.named("chatml")), Aspect.PAD));
      Files.delete(target.resolve("jlava.json"));
      assertThat(ModelCard.read(target))
          .isEqualTo(new ModelCard(Optional.of(Template.named("chatml")), Aspect.PAD));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"linear", "identity", "mlp3x_gelu"})
  void otherProjectorsAreReadBackAndSayThatTransformersCannot(String type) throws IOException {
    try (SmallModel small = new SmallModel()) {
      VisionLanguageModel model = composed(small, ScalarType.F32, false, type);
      Path target = write(model, "plain", Aspect.SQUARE);
      assertThat(notes.getLast())
          .isEqualTo(
              "Projector "
                  + type
                  + ": transformers cannot load this model, its LLaVA has mlp2x_gelu only; JLaVA"
                  + " can");
      JsonNode config = json(target, "config.json");
      assertThat(config.get("mm_projector_type").asText()).isEqualTo(type);
      assertThat(config.get("projector_hidden_act").asText())
          .isEqualTo("mm_projector_type=" + type);
      float[] expected = small.logits(model);
      assertThat(Arrays.copyOf(small.logits(small.load(target, ScalarType.F32)), VOCABULARY))
          .containsExactly(expected);
    }
  }

  /// A whole model keeps its ids and its weights, in either layout; the original's tokenizer gets
  /// the tokens of Hugging Face's.
  @ParameterizedTest
  @ValueSource(strings = {"hf", "original/model"})
  void aWholeModelIsWrittenWithTheSameWeights(String layout) {
    Path source = Golden.path("llava/" + layout);
    try (SmallModel small = new SmallModel()) {
      VisionLanguageModel model = small.load(source, ScalarType.F32);
      Path target = directory.resolve("final");
      ModelCard card = new ModelCard(Optional.of(Template.named("vicuna_v1")), Aspect.SQUARE);
      new LlavaWriter(LlavaDirectory.open(source).files(), card, notes::add).write(model, target);
      assertThat(notes).isEmpty();
      assertThat(json(target, "config.json").get("image_token_index").asInt()).isEqualTo(400);
      assertThat(Tokenizers.load(target).padId()).hasValue(401);
      GoldenTensors expected = Golden.tensors("llava/hf/model.safetensors");
      GoldenTensors found = SmallModel.written(target);
      assertThat(found.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String name : expected.names()) {
        assertThat(found.floats(name)).as(name).containsExactly(expected.floats(name));
      }
      assertThat(small.logits(small.load(target, ScalarType.F32)))
          .containsExactly(small.logits(model));
    }
  }
}
