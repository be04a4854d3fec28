package dev.jlava.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.DataException;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// MMBench's questions as LLaVA puts them, and its circular evaluation.
final class MmBenchTest {
  private static final JsonNode GOLDEN = Golden.json("eval/mmbench.json");

  @TempDir private Path folder;

  @Test
  void questionsAreLlavas() throws IOException {
    byte[] image = Files.readAllBytes(Golden.path("image/src/thin_wide.png"));
    String field = Base64.getEncoder().encodeToString(image);
    Path table =
        Files.writeString(
            folder.resolve("mmb.tsv"),
            GOLDEN.get("tsv").asText().replace("\tx\n", "\t" + field + "\n"));
    int compared = 0;
    for (JsonNode run : GOLDEN.get("runs")) {
      if (run.get("single_pred_prompt").asBoolean()) {
        String name =
            (run.get("lang").asText().equals("cn") ? "mmbench_cn" : "mmbench")
                + (run.get("all_rounds").asBoolean() ? "_circular" : "");
        List<Item> items =
            Tasks.named(name)
                .asking()
                .orElseThrow()
                .items(new Given(Map.of("questions", List.of(table.toString()))));
        assertThat(items).hasSameSizeAs(run.get("rows"));
        for (int i = 0; i < items.size(); i++) {
          JsonNode row = run.get("rows").get(i);
          String prompt = run.get("prompts").get(i).asText();
          assertThat(items.get(i).id().asText()).isEqualTo(row.get("question_id").asText());
          assertThat(prompt).contains("USER: " + items.get(i).prompt() + " ASSISTANT:");
          assertThat(items.get(i).images().getFirst()).hasBinaryContent(image);
          compared++;
        }
      }
    }
    assertThat(compared).isEqualTo(28);
    assertThat(folder.resolve("mmb.tsv.images")).isDirectoryContaining("glob:**/7.jpg");
  }

  private TaskRun run(String name, String answers) throws IOException {
    return new TaskRun(name, folder)
        .text("answers", "a.jsonl", answers)
        .text(
            "questions",
            "q.tsv",
            """
            index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage
            1\t"Which\tone?"\t\tcat\tdog\t\t\tA\tanimal\tx
            2\tPick.\tnan\tone\ttwo\tthree\tfour\tD\tnumber\tx
            1000001\tWhich one?\t\tdog\tcat\t\t\tB\tanimal\tx
            """);
  }

  @Test
  void aQuestionIsRightIfItIsRightInEveryRotation() throws IOException {
    // Options move to the front round by round: cat, dog and dog, cat; the right one moves along.
    Score score =
        run(
                "mmbench_circular",
                """
                {"question_id": 1, "text": "A"}
                {"question_id": 1, "text": "B"}
                {"question_id": 2, "round_id": 0, "text": "D. four"}
                {"question_id": 2, "round_id": 2, "text": "B"}
                {"question_id": 2, "round_id": 1, "text": "C"}
                {"question_id": 2, "round_id": 3, "text": "no letter"}
                {"question_id": 1000001, "text": "The answer is B."}
                {"question_id": 1000001, "text": "A"}
                """)
            .score();
    assertThat(score.text())
        .isEqualTo(
            """
            Answers: Total: 8, Correct: 7, Accuracy: 87.50%
            Circular: Total: 2, Correct: 1, Accuracy: 50.00%
            animal: Total: 1, Correct: 1, Accuracy: 100.00%
            number: Total: 1, Correct: 0, Accuracy: 0.00%
            """);
    assertThat(score.headline().orElseThrow().value()).isEqualTo(50);
  }

  @Test
  void rowsOfOneQuestionCountTogetherAndPredictionsAreWritten() throws IOException {
    Score score =
        run(
                "mmbench",
                """
                {"question_id": 1, "text": "A"}
                {"question_id": 2, "text": "D"}
                {"question_id": 1000001, "text": "A"}
                """)
            .value("out", "p.tsv")
            .score();
    assertThat(score.figures().at("/answers/correct").asInt()).isEqualTo(2);
    assertThat(score.figures().at("/circular/correct").asInt()).isEqualTo(1);
    assertThat(new String(score.outputs().getFirst().content(), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            index\tquestion\tA\tB\tC\tD\tprediction\tanswer
            1\t"Which\tone?"\tcat\tdog\t\t\tA\tA
            2\tPick.\tone\ttwo\tthree\tfour\tD\tD
            1000001\tWhich one?\tdog\tcat\t\t\tA\tB
            """);
  }

  @Test
  void everyRotationNeedsItsAnswer() throws IOException {
    assertThatThrownBy(
            () -> run("mmbench_circular", "{\"question_id\": 1, \"text\": \"A\"}\n").score())
        .isInstanceOf(DataException.class)
        .hasMessageEndingWith(
            "q.tsv row 1: 1 answers to question 1 (expected 2); answer every question in every"
                + " rotation");
  }
}
