package dev.jlava.weights.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.data.token.Vocabulary;
import dev.jlava.data.token.VocabularyFiles;
import dev.jlava.data.token.VocabularyReader;
import dev.jlava.testing.Golden;
import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A tokenizer that went into a GGUF file and came out of it gives the ids that Hugging Face's
/// gives.
final class GgufVocabularyTest {
  private static final int ROWS = 1024;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "llama_sp, llama, llama_slow_legacy",
    "llama_sp/tokenizer.json, llama, llama_slow_legacy",
    "bytelevel_gpt2, bytelevel, bytelevel_gpt2",
    "bytelevel_llama3, bytelevel, bytelevel_llama3",
    "bytelevel_qwen, bytelevel, bytelevel_qwen"
  })
  void idsAreThoseOfTheOriginal(String source, String golden, String key) throws IOException {
    Path original = Golden.path("tokenizer/" + source);
    if (Files.isRegularFile(original)) {
      original = without("tokenizer.model", original.resolveSibling(""));
    }
    Tokenizer tokenizer = throughGguf(VocabularyReader.read(original));
    JsonNode all = Golden.json("tokenizer/expected_" + golden + ".json");
    JsonNode expected = all.get("expected").get(key);
    assertThat(expected).hasSizeGreaterThan(60);
    for (int i = 0; i < expected.size(); i++) {
      String text = all.get("strings").get(i).asText();
      int[] ids = ids(expected.get(i).get("ids_no_special"));
      assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids);
      assertThat(tokenizer.decode(ids(expected.get(i).get("ids")), true))
          .as(text)
          .isEqualTo(expected.get(i).get("decoded_skip").asText());
    }
    Tokenizer own = Tokenizers.load(original);
    assertThat(tokenizer.addsBos()).isEqualTo(own.addsBos());
    assertThat(tokenizer.bosId()).isEqualTo(own.bosId());
    assertThat(tokenizer.eosId()).isEqualTo(own.eosId());
    assertThat(tokenizer.padId()).isEqualTo(own.padId());
  }

  private static int[] ids(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  private Path without(String name, Path source) throws IOException {
    Path copy = Files.createDirectory(directory.resolve("copy"));
    try (var files = Files.list(source)) {
      for (Path file : files.filter(f -> !f.endsWith(name)).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private Tokenizer throughGguf(Vocabulary vocabulary) throws IOException {
    GgufMetadata metadata = new GgufMetadata(directory.resolve("tokenizer.gguf"));
    GgufVocabulary.write(vocabulary.padded(ROWS), metadata);
    GgufWriter.write(metadata, List.of());
    Path target = Files.createDirectories(directory.resolve("again"));
    try (Arena arena = Arena.ofShared()) {
      GgufMetadata read = GgufFile.read(metadata.file(), arena).metadata();
      assertThat(read.strings("tokenizer.ggml.tokens")).hasSize(ROWS).endsWith("[PAD1023]");
      for (Map.Entry<String, byte[]> file :
          VocabularyFiles.of(GgufVocabulary.read(read)).entrySet()) {
        Files.write(target.resolve(file.getKey()), file.getValue());
      }
    }
    return Tokenizers.load(target);
  }

  @Test
  void unknownTokenizersAreRefusedByName() {
    Path file = directory.resolve("a.gguf");
    GgufMetadata metadata = new GgufMetadata(file).string("tokenizer.ggml.model", "rwkv");
    assertThatThrownBy(() -> GgufVocabulary.read(metadata))
        .isInstanceOf(WeightsException.class)
        .hasMessage(
            file
                + ": metadata 'tokenizer.ggml.model' is 'rwkv' (allowed llama: SentencePiece's BPE,"
                + " and gpt2: byte-level BPE)");
    metadata.string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "tekken");
    assertThatThrownBy(() -> GgufVocabulary.read(metadata))
        .hasMessageContaining("'tokenizer.ggml.pre' is 'tekken', a way to cut text that JLaVA");
  }

  @Test
  void listsOfDifferentLengthsAreNamed() {
    GgufMetadata metadata =
        new GgufMetadata(directory.resolve("a.gguf"))
            .string("tokenizer.ggml.model", "llama")
            .strings("tokenizer.ggml.tokens", List.of("a", "b"))
            .float32s("tokenizer.ggml.scores", List.of(0f));
    assertThatThrownBy(() -> GgufVocabulary.read(metadata))
        .hasMessageContaining(
            "'tokenizer.ggml.scores' has 1 entries (expected 2, one for each token)");
    metadata.float32s("tokenizer.ggml.scores", List.of(0f, 0f));
    metadata.int32s("tokenizer.ggml.token_type", List.of(1, 7));
    assertThatThrownBy(() -> GgufVocabulary.read(metadata))
        .hasMessageContaining("'tokenizer.ggml.token_type' has 7 (allowed 1 to 6)");
  }

  @Test
  void anAnswerEndsWhereATurnDoes() {
    GgufMetadata metadata =
        new GgufMetadata(directory.resolve("a.gguf"))
            .string("tokenizer.ggml.model", "llama")
            .strings("tokenizer.ggml.tokens", List.of("<s>", "</s>", "<|im_end|>", "<eot>", "a"))
            .int32s("tokenizer.ggml.token_type", List.of(3, 3, 3, 3, 1))
            .uint32("tokenizer.ggml.eos_token_id", 1)
            .uint32("tokenizer.ggml.eot_token_id", 3);
    assertThat(GgufVocabulary.ends(metadata, GgufVocabulary.read(metadata)))
        .containsExactly(1, 2, 3);
  }
}
