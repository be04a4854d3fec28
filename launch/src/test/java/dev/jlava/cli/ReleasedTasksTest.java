package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Benchmarks from their authors' files, asked of the golden model and scored, with the files for
/// other scripts and servers.
final class ReleasedTasksTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  @Test
  void whatWasDownloadedIsAskedAsItIs() throws IOException {
    JsonNode mme = Golden.json("eval/mme.json");
    for (Map.Entry<String, JsonNode> file : mme.get("release").properties()) {
      if (file.getKey().endsWith(".txt")) {
        write("mme/" + file.getKey(), file.getValue().asText());
      } else {
        picture("mme/" + file.getKey());
      }
    }
    JsonNode seed = Golden.json("eval/seed_bench.json").get("annotation");
    write("SEED-Bench.json", seed.toString());
    for (JsonNode question : seed.get("questions")) {
      picture("SEED-Bench-image/" + question.get("data_id").asText());
    }
    write(
        "vqa.json",
        "{\"data_subtype\": \"val2014\", \"questions\": [{\"image_id\": 7, \"question\": \"What?\","
            + " \"question_id\": 70}]}");
    picture("COCO_val2014_000000000007.jpg");
    write(
        "eval.yaml",
        """
        name: released
        template: vicuna_v1
        threads: 1
        generation: { precision: fp32, max_new_tokens: 2, batch: 16 }
        tasks:
          - { type: mme, annotations: %1$s/mme }
          - { type: mme, name: few, annotations: %1$s/mme, samples: 2 }
          - { type: seed_bench, annotations: %1$s/SEED-Bench.json, split: image }
          - { type: vqav2, questions: %1$s/vqa.json }
        """
            .formatted(directory));
    CommandRun run = CommandRun.ofEvaluation(directory);
    assertThat(run.errors()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("hf, few: perception", "(totals are without what was not asked: count, position")
        .contains("vqav2: answered; for its evaluation server: " + home("vqav2/submission.json"));
    assertThat(Files.readAllLines(home("mme/answers.jsonl"))).hasSize(84);
    CommandRun again =
        CommandRun.of(List.of("score", "mme", "--answers", home("mme/results").toString()));
    assertThat(again.out())
        .startsWith("=========== Perception")
        .isEqualTo(JSON.readTree(home("mme/score.json").toFile()).get("text").asText());
    assertThat(Files.readAllLines(home("few/answers.jsonl"))).hasSize(4);
    assertThat(Files.readAllLines(home("seed_bench/submission.jsonl"))).hasSize(12);
    assertThat(home("vqav2/submission.json")).content().startsWith("[{\"question_id\":70,");
  }

  private Path home(String name) {
    return directory.resolve("out/models/hf").resolve(name);
  }

  private void write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private void picture(String name) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.copy(Golden.path("train/images/00.png"), file);
  }
}
