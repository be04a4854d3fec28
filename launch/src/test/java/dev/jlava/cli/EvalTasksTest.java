package dev.jlava.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// MMBench and captions asked of the golden model, from their files to the report.
final class EvalTasksTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path IMAGES = Golden.path("train/images");

  @TempDir private Path directory;

  @BeforeEach
  void files() throws IOException {
    Files.writeString(
        directory.resolve("table.tsv"),
        """
        index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage
        4\tWhich colour?\tLook.\tred\tblue\tgreen\tblack\tB\tcolour\t%s
        7\tWhich shape?\t\tstar\tcircle\t\t\tA\tshape\t%s
        """
            .formatted(base64("00.png"), base64("01.png")));
    StringBuilder captions = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      captions.append(
          "{\"question_id\": %d, \"image\": \"0%d.png\", \"text\": \"Describe it.\", \"answer\": [\"a red star\", \"one shape\"]}\n"
              .formatted(i, i));
    }
    Files.writeString(directory.resolve("captions.jsonl"), captions);
    Path here = Path.of("").toAbsolutePath();
    Files.writeString(
        directory.resolve("eval.yaml"),
        """
        name: tasks
        template: vicuna_v1
        threads: 1
        generation: { precision: fp32, max_new_tokens: 4 }
        tasks:
          - { type: mmbench, questions: %1$s/table.tsv }
          - { type: mmbench_circular, questions: %1$s/table.tsv }
          - { type: mmbench_circular, name: part, questions: %1$s/table.tsv, samples: 1 }
          - { type: captioning, questions: %1$s/captions.jsonl, images: %2$s }
        """
            .formatted(directory, here.relativize(IMAGES)));
    CommandRun run = CommandRun.ofEvaluation(directory);
    assertThat(run.errors()).isEmpty();
    assertThat(run.code()).isZero();
  }

  private static String base64(String image) throws IOException {
    return Base64.getEncoder().encodeToString(Files.readAllBytes(IMAGES.resolve(image)));
  }

  @Test
  void everyRotationOfMmbenchIsAskedAndCountsOnlyTogether() throws IOException {
    assertThat(answers("mmbench")).hasSize(2);
    List<JsonNode> circular = answers("mmbench_circular");
    assertThat(circular.stream().map(a -> a.get("question_id").asInt()))
        .containsExactly(4, 4, 4, 4, 7, 7);
    assertThat(circular.stream().map(a -> a.get("reference").asText()))
        .containsExactly("B", "A", "D", "C", "A", "B");
    assertThat(circular.get(1).get("prompt").asText())
        .isEqualTo(
            "<image>\nLook.\nWhich colour?\nA. blue\nB. green\nC. black\nD. red\n"
                + "Answer with the option's letter from the given choices directly.");
    assertThat(answers("part").stream().map(a -> a.get("question_id").asInt()))
        .containsExactly(4, 4, 4, 4);

    JsonNode score = score("mmbench_circular");
    assertThat(score.at("/figures/answers/total").asInt()).isEqualTo(6);
    assertThat(score.at("/figures/circular/total").asInt()).isEqualTo(2);
    assertThat(score("part").at("/figures/circular/total").asInt()).isEqualTo(1);
    assertThat(score.at("/headline/name").asText()).isEqualTo("circular accuracy");
    assertThat(score.get("per_question")).as("one for each answer").hasSize(6);
    assertThat(Files.readAllLines(home("mmbench").resolve("submission.tsv")))
        .hasSize(3)
        .first()
        .isEqualTo("index\tquestion\tA\tB\tC\tD\tprediction\tanswer");
    scoredAgainTheSame("mmbench_circular", "table.tsv");
  }

  /// Answers that are right, in place of the untrained model's.
  @Test
  void rightAnswersInEveryRotationAreWhole() throws IOException {
    StringBuilder right = new StringBuilder();
    for (JsonNode answer : answers("mmbench_circular")) {
      right.append(
          "{\"question_id\": %s, \"text\": \"%s\"}\n"
              .formatted(answer.get("question_id"), answer.get("reference").asText()));
    }
    Files.writeString(home("mmbench_circular").resolve("answers.jsonl"), right);
    assertThat(scored("mmbench_circular", "table.tsv").out())
        .contains("Answers: Total: 6, Correct: 6", "Circular: Total: 2, Correct: 2");
  }

  @Test
  void captionsAreScoredAndTheirRelativePicturesAreInTheReport() throws IOException {
    List<JsonNode> captions = answers("captioning");
    assertThat(captions).hasSize(3);
    assertThat(captions.getFirst().get("reference"))
        .isEqualTo(JSON.readTree("[\"a red star\", \"one shape\"]"));
    Path picture = Path.of(captions.getFirst().at("/images/0/path").asText());
    assertThat(picture).isRelative();
    assertThat(score("captioning").at("/headline/name").asText()).isEqualTo("CIDEr");
    assertThat(score("captioning").at("/figures/images").asInt()).isEqualTo(3);
    scoredAgainTheSame("captioning", "captions.jsonl");
    String page = Files.readString(directory.resolve("out/report.html"));
    assertThat(page).doesNotContain("Pictures left out").contains("data:image/");
    assertThat(
            JSON.readTree(directory.resolve("out/eval.json").toFile())
                .get("working_directory")
                .asText())
        .isEqualTo(Path.of("").toAbsolutePath().toString());
  }

  private CommandRun scored(String task, String questions) {
    return CommandRun.of(
        List.of(
            "score",
            task,
            "--answers",
            home(task).resolve("answers.jsonl").toString(),
            "--questions",
            directory.resolve(questions).toString()));
  }

  private void scoredAgainTheSame(String task, String questions) throws IOException {
    assertThat(scored(task, questions).out()).isEqualTo(score(task).get("text").asText());
  }

  private Path home(String task) {
    return directory.resolve("out/models/hf").resolve(task);
  }

  private List<JsonNode> answers(String task) throws IOException {
    List<JsonNode> answers = new ArrayList<>();
    for (String line : Files.readAllLines(home(task).resolve("answers.jsonl"))) {
      answers.add(JSON.readTree(line));
    }
    return answers;
  }

  private JsonNode score(String task) throws IOException {
    return JSON.readTree(home(task).resolve("score.json").toFile());
  }
}
