package dev.jlava.data.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TokenizerFilesTest {
  private static final String TEXT = "A car<image>\nand <image><image>.";

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "bytelevel_gpt2, 800, 801",
    "bytelevel_llama3, 800, 801",
    "bytelevel_qwen, 800, 797",
    "llama_sp, 1000, 1001",
    "tiny_sp, 400, 401",
  })
  void aNewTokenComesBehindAllOthersAndIsCutOutOfTexts(String name, int image, int pad)
      throws IOException {
    Path source = Golden.path("tokenizer/" + name);
    Tokenizer before = Tokenizers.load(source);
    TokenizerFiles.copy(source, directory);
    TokenizerFiles files = TokenizerFiles.open(directory);
    assertThat(files.special("<image>")).isEqualTo(image);
    assertThat(files.pad()).isEqualTo(pad);

    Tokenizer after = Tokenizers.load(directory);
    assertThat(after.padId()).hasValue(pad);
    assertThat(after.idOf("<image>")).hasValue(image);
    int[] ids = after.encodeWithEnds(TEXT).ids();
    assertThat(ids).isEqualTo(pieces(before, image));
    assertThat(after.decode(ids, true)).doesNotContain("<image>");
    String plain = "No picture here.</s>";
    assertThat(after.encodeWithEnds(plain).ids()).isEqualTo(before.encodeWithEnds(plain).ids());

    String config = Files.readString(directory.resolve("tokenizer_config.json"));
    TokenizerFiles again = TokenizerFiles.open(directory);
    assertThat(again.special("<image>")).isEqualTo(image);
    assertThat(again.pad()).isEqualTo(pad);
    assertThat(directory.resolve("tokenizer_config.json")).hasContent(config);
  }

  /// Each stretch between the marks by itself.
  private static int[] pieces(Tokenizer tokenizer, int image) {
    int[] ids = {};
    String[] parts = TEXT.split("<image>", -1);
    for (int i = 0; i < parts.length; i++) {
      int[] mark = i == 0 ? new int[0] : new int[] {image};
      int[] part = parts[i].isEmpty() ? new int[0] : tokenizer.encodeWithEnds(parts[i]).ids();
      ids = Stream.of(ids, mark, part).flatMapToInt(IntStream::of).toArray();
    }
    return ids;
  }

  @Test
  void aTokenOfTheVocabularyKeepsItsIdAndBecomesSpecial() throws IOException {
    Path source = Golden.path("tokenizer/bytelevel_gpt2");
    TokenizerFiles.copy(source, directory);
    Tokenizer before = Tokenizers.load(source);
    int the = before.idOf("the").orElseThrow();
    assertThat(TokenizerFiles.open(directory).special("the")).isEqualTo(the);
    int[] ids = Tokenizers.load(directory).encodeWithEnds("bathed").ids();
    assertThat(Arrays.stream(ids)).contains(the);
  }
}
