package dev.jlava.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.DataException;
import dev.jlava.data.batch.SampleEncoder;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LlavaJsonTest {
  @TempDir Path directory;

  @Test
  void aListIsReadInOrder() {
    List<Sample> samples = LlavaJson.read(Golden.path("train/data.json"), Path.of("images"));
    assertThat(samples).hasSize(24);
    assertThat(samples.getFirst().id()).isEqualTo("s0");
    assertThat(samples.getFirst().images()).containsExactly(Path.of("images/00.png"));
    assertThat(samples.get(1).images()).isEmpty();
  }

  @Test
  void linesAreReadToo() throws IOException {
    Path file = write("{\"conversations\": []}\n{\"id\": 7, \"conversations\": []}\n");
    assertThat(LlavaJson.read(file, directory)).extracting(Sample::id).containsExactly("0", "7");
  }

  @Test
  void brokenJsonIsLocated() throws IOException {
    Path file = write("[\n{\"id\": 1,, }\n]");
    assertThatThrownBy(() -> LlavaJson.read(file, directory))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith(file + ":2:")
        .hasMessageContaining("broken JSON")
        .hasMessageEndingWith("repair the file");
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = directory.resolve("none.json");
    assertThatThrownBy(() -> LlavaJson.read(file, directory))
        .hasMessage(file + ": no such file; check the stage's data path");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpt:Hi | roles do not alternate (turn 1: found gpt, expected human); start with human and"
            + " alternate",
        "human:Hi,gpt: | empty answer (turn 2); write the answer or leave the turn out",
        "human:Hi | the last turn has no answer (found 1 turns, expected an even number); add the"
            + " answer or drop the turn",
        "human:<image>,gpt:Yes | image count and <image> marks differ (found 0 images, 1 marks); give"
            + " each image one mark"
      })
  void badSamplesAreRefusedWithTheirPlace(String turns, String message) throws IOException {
    StringBuilder json = new StringBuilder("[{\"id\": \"s\", \"conversations\": [");
    String comma = "";
    for (String turn : turns.strip().split(",", -1)) {
      String[] pair = turn.split(":", -1);
      json.append(comma)
          .append("{\"from\": \"%s\", \"value\": \"%s\"}".formatted(pair[0], pair[1]));
      comma = ",";
    }
    Path file = write(json.append("]}]").toString());
    Sample sample = LlavaJson.read(file, directory).getFirst();
    SampleEncoder encoder =
        new SampleEncoder(
            Template.named("v1"),
            Tokenizers.load(Golden.path("train/hf")),
            512,
            16,
            SampleEncoder.TooLong.ERROR);
    assertThatThrownBy(() -> encoder.encode(sample))
        .isInstanceOf(DataException.class)
        .hasMessage(file + "[0]: sample 's': " + message.strip());
  }

  private Path write(String text) throws IOException {
    return Files.writeString(directory.resolve("data.json"), text);
  }
}
