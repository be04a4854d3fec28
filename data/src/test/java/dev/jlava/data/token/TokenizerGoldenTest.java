package dev.jlava.data.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenizerGoldenTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"true", "false"})
  void sentencePieceGivesTheSlowTokenizersIdsAndText(String legacy) throws IOException {
    Path source = Golden.path("tokenizer/llama_sp");
    Files.copy(source.resolve("tokenizer.model"), directory.resolve("tokenizer.model"));
    String config = Files.readString(source.resolve("tokenizer_config.json"));
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        config.replace("\"legacy\": true", "\"legacy\": " + legacy));
    String key = legacy.equals("true") ? "llama_slow_legacy" : "llama_slow_nonlegacy";
    check(Tokenizers.load(directory), Golden.json("tokenizer/expected_llama.json"), key);
  }

  @Test
  void tokensWithARoleNeedNoListOfAddedTokens() throws IOException {
    Path source = Golden.path("tokenizer/llama_sp");
    Files.copy(source.resolve("tokenizer.model"), directory.resolve("tokenizer.model"));
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode config = (ObjectNode) Golden.json("tokenizer/llama_sp/tokenizer_config.json");
    assertThat(config.remove("added_tokens_decoder")).hasSize(3);
    mapper.writeValue(directory.resolve("tokenizer_config.json").toFile(), config);
    JsonNode expected = Golden.json("tokenizer/expected_llama.json");
    check(Tokenizers.load(directory), expected, "llama_slow_legacy");
  }

  @Test
  void tokenizerJsonGivesTheFastTokenizersIdsAndText() {
    Tokenizer tokenizer = Tokenizers.load(Golden.path("tokenizer/llama_sp"));
    check(tokenizer, Golden.json("tokenizer/expected_llama.json"), "llama_fast_legacy");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytelevel_qwen", "bytelevel_gpt2", "bytelevel_llama3"})
  void byteLevelTokenizersGiveHuggingFacesIdsAndText(String name) {
    Tokenizer tokenizer = Tokenizers.load(Golden.path("tokenizer/" + name));
    check(tokenizer, Golden.json("tokenizer/expected_bytelevel.json"), name);
  }

  @Test
  void aDirectoryWithoutTokenizerIsNamed() {
    assertThatThrownBy(() -> Tokenizers.load(directory))
        .isInstanceOf(DataException.class)
        .hasMessage(
            directory
                + ": no tokenizer (looked for tokenizer.json and tokenizer.model); copy it from the"
                + " model's original directory");
  }

  private static void check(Tokenizer tokenizer, JsonNode golden, String key) {
    JsonNode strings = golden.get("strings");
    JsonNode expected = golden.get("expected").get(key);
    assertThat(strings.size()).isGreaterThan(60);
    assertThat(expected).isNotNull();
    SoftAssertions softly = new SoftAssertions();
    for (int i = 0; i < strings.size(); i++) {
      String text = strings.get(i).asText();
      JsonNode wanted = expected.get(i);
      Encoding encoding = tokenizer.encodeWithEnds(text);
      softly
          .assertThat(encoding.ids())
          .as("ids of '%s'", text)
          .isEqualTo(ints(wanted, "ids_no_special"));
      softly.assertThat(encoding.ends()).as("ends in '%s'", text).isSorted();
      int[] ids = ints(wanted, "ids");
      softly
          .assertThat(tokenizer.decode(ids, false))
          .as("text of %s", wanted.get("ids"))
          .isEqualTo(wanted.get("decoded").asText());
      softly
          .assertThat(tokenizer.decode(ids, true))
          .as("text of %s without specials", wanted.get("ids"))
          .isEqualTo(wanted.get("decoded_skip").asText());
    }
    softly.assertAll();
  }

  private static int[] ints(JsonNode node, String field) {
    int[] result = new int[node.get(field).size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = node.get(field).get(i).asInt();
    }
    return result;
  }
}
