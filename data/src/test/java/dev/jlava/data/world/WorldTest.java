package dev.jlava.data.world;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorldTest {
  private static final World.Sizes SIZES = new World.Sizes(80, 40, 60, 20, 240);
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path temporary;

  private Path world = Path.of("");

  @BeforeEach
  void write() throws IOException {
    world = temporary.resolve("world");
    World.write(world, SIZES, 1);
  }

  @Test
  void everyFileHasItsSizeAndEveryPictureExists() throws IOException {
    Map<String, Integer> sizes = Map.of("look", 80, "align", 40, "instruct", 60, "validation", 20);
    int pictures = 0;
    for (Map.Entry<String, Integer> size : sizes.entrySet()) {
      JsonNode samples = JSON.readTree(world.resolve(size.getKey() + ".json").toFile());
      assertThat(samples).hasSize(size.getValue());
      for (JsonNode sample : samples) {
        assertAlternates(sample.get("conversations"), sample.has("image"));
        if (sample.has("image")) {
          Path picture = world.resolve("images").resolve(sample.get("image").asText());
          assertThat(ImageIO.read(picture.toFile()).getWidth()).isBetween(64, 128);
          pictures++;
        }
      }
    }
    assertThat(pictures).isGreaterThan(120);
    assertThat(questions()).hasSize(240);
  }

  private static void assertAlternates(JsonNode turns, boolean hasImage) {
    assertThat(turns.size() % 2).isZero();
    for (int i = 0; i < turns.size(); i++) {
      assertThat(turns.get(i).get("from").asText()).isEqualTo(i % 2 == 0 ? "human" : "gpt");
      String value = turns.get(i).get("value").asText();
      assertThat(value).isNotBlank();
      assertThat(value.contains("<image>")).isEqualTo(hasImage && i == 0);
    }
  }

  @Test
  void theSameSeedWritesTheSameBytes() throws IOException {
    Path again = temporary.resolve("again");
    World.write(again, SIZES, 1);
    List<Path> files = files(world);
    assertThat(files).hasSizeGreaterThan(300);
    for (Path file : files) {
      Path other = again.resolve(world.relativize(file));
      assertThat(Files.mismatch(file, other)).as(file.toString()).isEqualTo(-1);
    }
    assertThat(files(again)).hasSameSizeAs(files);
  }

  @Test
  void anotherSetsSizeChangesNothing() throws IOException {
    Path smaller = temporary.resolve("smaller");
    World.write(smaller, new World.Sizes(0, 0, 60, 0, 0), 1);
    assertThat(Files.mismatch(world.resolve("instruct.json"), smaller.resolve("instruct.json")))
        .isEqualTo(-1);
    assertThat(smaller.resolve("align.json")).doesNotExist();
  }

  @Test
  void noPictureAskedAboutIsTrainedOn() throws IOException {
    Set<String> asked = captions("eval");
    asked.addAll(captions("validation"));
    Set<String> trained = captions("align");
    trained.addAll(captions("look"));
    trained.addAll(captions("instruct"));
    assertThat(trained).hasSizeGreaterThan(100);
    assertThat(asked).hasSizeGreaterThan(200).doesNotContainAnyElementsOf(trained);
  }

  private Set<String> captions(String set) throws IOException {
    Set<String> captions = new HashSet<>();
    for (String line : Files.readAllLines(world.resolve(set + ".scenes.jsonl"))) {
      captions.add(JSON.readTree(line).get("captions").get(2).asText());
    }
    return captions;
  }

  @Test
  void whoAnswersWithoutLookingGainsLittle() throws IOException {
    Map<String, Map<String, Integer>> answers = new HashMap<>();
    for (JsonNode question : questions()) {
      answers
          .computeIfAbsent(question.get("category").asText(), kind -> new HashMap<>())
          .merge(question.get("answer").asText(), 1, Integer::sum);
    }
    assertThat(answers).hasSameSizeAs(QuestionKind.values());
    for (Map.Entry<String, Map<String, Integer>> kind : answers.entrySet()) {
      assertThat(kind.getValue().values().stream().mapToInt(n -> n).sum()).isBetween(26, 34);
      assertThat(kind.getValue().values()).as(kind.getKey()).allMatch(count -> count <= 18);
    }
  }

  @Test
  void theWorldHasFewWords() throws IOException {
    Set<String> words = new HashSet<>();
    for (String set : List.of("look", "align", "instruct", "validation")) {
      for (String value :
          JSON.readTree(world.resolve(set + ".json").toFile()).findValuesAsText("value")) {
        words.addAll(Arrays.asList(value.split("[^A-Za-z0-9<>]+", -1)));
      }
    }
    assertThat(words).hasSizeBetween(80, 130);
  }

  private List<JsonNode> questions() throws IOException {
    List<JsonNode> questions = new ArrayList<>();
    for (String line : Files.readAllLines(world.resolve("eval.jsonl"))) {
      questions.add(JSON.readTree(line));
    }
    return questions;
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
