package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.Golden;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GenerateCommandTest {
  @ParameterizedTest
  @ValueSource(strings = {"image", "text", "two_images"})
  void greedyTokensAreHuggingFaces(String name) throws IOException {
    JsonNode golden = Golden.json("llava/text.json").get("generate").get(name);
    List<String> arguments =
        new ArrayList<>(
            List.of("generate", "--model", Golden.path("llava/hf").toString(), "--raw"));
    arguments.addAll(List.of("--prompt", golden.get("prompt").asText()));
    for (JsonNode image : golden.get("images")) {
      arguments.addAll(List.of("--image", Golden.path("llava/" + image.asText()).toString()));
    }
    arguments.addAll(List.of("--max-new-tokens", "16", "--ignore-eos", "--json"));
    JsonNode found = new ObjectMapper().readTree(output(arguments.toArray(String[]::new)));
    assertThat(found.get("new_ids")).isEqualTo(golden.get("new_tokens"));
    assertThat(found.get("text").asText()).isEqualTo(golden.get("text").asText());
  }

  private static String output(String... arguments) {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      assertThat(Main.run(arguments)).isZero();
    } finally {
      System.setOut(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
