package dev.jlava.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Benchmarks from the files that their authors released: the questions are those of LLaVA's
/// question files, and the scores those of the reference scripts.
final class ReleasedFilesTest {
  private static final String BRIEFLY = "\nAnswer the question using a single word or phrase.";
  private static final String LETTER =
      "\nAnswer with the option's letter from the given choices directly.";

  @TempDir Path folder;

  @Test
  void mmesReleaseIsAskedInLlavasWords() throws IOException {
    JsonNode golden = Golden.json("eval/mme.json");
    List<Item> items = items("mme", Map.of("annotations", release(golden)));
    Map<String, String> expected = new HashMap<>();
    for (JsonNode answer : golden.get("answers")) {
      expected.merge(
          answer.get("question_id").asText(), answer.get("prompt").asText(), (a, b) -> a + "|" + b);
    }
    Map<String, String> found =
        items.stream()
            .collect(
                Collectors.toMap(item -> item.id().asText(), Item::prompt, (a, b) -> a + "|" + b));
    assertThat(found).isEqualTo(expected).hasSize(42);
    Item first = items.getFirst();
    assertThat(first.id().asText()).isEqualTo("existence/ex0.png");
    assertThat(first.images()).containsExactly(folder.resolve("release/existence/ex0.png"));
    assertThat(first.answer()).isEqualTo("Yes");
    assertThat(items.get(1).group()).isEqualTo(first.group()).isNotEqualTo(items.get(2).group());
  }

  /// Answers in LLaVA's form, and the folder of results made of them, are worth the same.
  @Test
  void mmeIsScoredAsItsOwnScriptDoes() throws IOException {
    JsonNode golden = Golden.json("eval/mme.json");
    Score score =
        new TaskRun("mme", folder)
            .json("answers", "answers.jsonl", golden.get("answers"))
            .value("annotations", release(golden))
            .value("out", folder.resolve("results").toString())
            .score();
    assertThat(score.text()).isEqualTo(golden.get("stdout").asText());
    assertThat(score.notes()).isEmpty();
    assertThat(score.marks().getFirst().id())
        .isEqualTo(golden.at("/answers/0/question_id").asText());
    JsonNode count = score.figures().at("/perception/categories/count");
    assertThat(count.get("score").asDouble())
        .isEqualTo(
            count.get("accuracy").asDouble() * 100 + count.get("accuracy_plus").asDouble() * 100);
    assertThat(score.outputs()).hasSize(14);
    for (Score.Output output : score.outputs()) {
      String category = output.file().getFileName().toString().replace(".txt", "");
      String text = new String(output.content(), StandardCharsets.UTF_8);
      assertThat(text).isEqualTo(golden.at("/results/" + category).asText());
      Files.createDirectories(output.file().getParent());
      Files.write(output.file(), output.content());
    }
    Score again =
        new TaskRun("mme", folder).value("answers", folder.resolve("results").toString()).score();
    assertThat(again.text()).isEqualTo(score.text());
    Files.delete(folder.resolve("results/OCR.txt"));
    assertThatThrownBy(() ->
            new TaskRun("mme", folder)
                .value("answers", folder.resolve("results").toString())
                .score())
        .isInstanceOf(DataException.class)
        .hasMessageContaining("OCR.txt: no such file; a folder of MME's results has one for each");
  }

  @Test
  void anMmeReleaseThatLacksSomethingIsToldWhere() throws IOException {
    JsonNode golden = Golden.json("eval/mme.json");
    Path release = Path.of(release(golden));
    Files.delete(release.resolve("scene/images/sc1.jpg"));
    assertThatThrownBy(() -> items("mme", Map.of("annotations", release.toString())))
        .isInstanceOf(DataException.class)
        .hasMessageEndingWith("sc1.txt: there is no image of its name");
    assertThatThrownBy(() -> items("mme", Map.of("annotations", folder.toString())))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("existence: no such directory; MME's release folder has one for");
    TaskRun run =
        new TaskRun("mme", folder).json("answers", "answers.jsonl", golden.get("answers"));
    assertThatThrownBy(run::score).hasMessageContaining("mme: no annotations; give MME_Benchmark");
  }

  private String release(JsonNode golden) throws IOException {
    for (Map.Entry<String, JsonNode> file : golden.get("release").properties()) {
      write("release/" + file.getKey(), file.getValue().asText());
    }
    return folder.resolve("release").toString();
  }

  @Test
  void seedBenchsOwnFileIsAskedAndScored() throws IOException {
    JsonNode golden = Golden.json("eval/seed_bench.json");
    JsonNode questions = golden.at("/annotation/questions");
    for (JsonNode question : questions) {
      write(seedImage(question), "");
    }
    String file = write("SEED-Bench.json", golden.get("annotation").toString());
    List<Item> items = items("seed_bench", Map.of("annotations", file));
    assertThat(items).hasSize(questions.size());
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      JsonNode question = questions.get(i);
      assertThat(item.images()).containsExactly(folder.resolve(seedImage(question)));
      assertThat(item.id()).isEqualTo(sameKind(golden.at("/answers/" + i + "/question_id")));
      assertThat(item.answer()).isEqualTo(question.get("answer").asText());
    }
    assertThat(items.getFirst().prompt())
        .isEqualTo(
            "How many things are there (0)?\nA. One\nB. Two, or more\nC. Three\nD. "
                + questions.at("/0/choice_d").asText()
                + LETTER);
    assertThat(items.getFirst().category()).isEqualTo("Scene Understanding");
    assertThat(items("seed_bench", Map.of("annotations", file, "split", "video"))).hasSize(8);

    Score score = seed(golden).value("out", "upload.jsonl").score();
    assertThat(score.text()).isEqualTo(golden.get("stdout").asText());
    assertThat(new String(score.outputs().getFirst().content(), StandardCharsets.UTF_8).lines())
        .map(line -> new ObjectMapper().readTree(line))
        .isEqualTo(golden.get("upload").asText().lines().map(ReleasedFilesTest::json).toList());
    assertThat(seed(golden).value("split", "image").score().text())
        .contains("Total accuracy: 58.33%\nimage accuracy: 58.33%\n")
        .doesNotContain("Action Recognition");
    assertThatThrownBy(() -> seed(golden).value("split", "test").score())
        .hasMessageContaining("split: not known");
  }

  private TaskRun seed(JsonNode golden) throws IOException {
    return new TaskRun("seed_bench", folder)
        .json("answers", "answers.jsonl", golden.get("answers"))
        .json("annotations", "SEED-Bench.json", golden.get("annotation"));
  }

  private static JsonNode json(String line) {
    try {
      return new ObjectMapper().readTree(line);
    } catch (IOException e) {
      throw new AssertionError(line, e);
    }
  }

  private static JsonNode sameKind(JsonNode id) {
    return id.isInt() ? new com.fasterxml.jackson.databind.node.LongNode(id.asLong()) : id;
  }

  private static String seedImage(JsonNode question) {
    return question.get("data_type").asText().equals("video")
        ? "SEED-Bench-video-image/%d_%s.png"
            .formatted(
                question.get("question_type_id").asInt(), question.get("question_id").asText())
        : "SEED-Bench-image/" + question.get("data_id").asText();
  }

  @Test
  void popesLabelsAreItsQuestions() throws IOException {
    write("a.jpg", "");
    for (String category : List.of("random", "popular")) {
      write(
          "coco/coco_pope_" + category + ".json",
          """
          {"question_id": 1, "image": "a.jpg", "text": "Is there a cat in the image?", "label": "yes"}
          {"question_id": 2, "image": "a.jpg", "text": "Is there a dog in the image?", "label": "no"}
          """);
    }
    Map<String, String> given =
        Map.of("annotations", folder.resolve("coco").toString(), "images", folder.toString());
    List<Item> items = items("pope", given);
    assertThat(items.stream().map(item -> item.id().asText()))
        .containsExactly("popular/1", "popular/2", "random/1", "random/2");
    assertThat(items.getFirst().prompt()).isEqualTo("Is there a cat in the image?" + BRIEFLY);
    assertThat(items.getLast().answer()).isEqualTo("no");
    StringBuilder answers = new StringBuilder();
    items.forEach(
        item -> answers.append("{\"question_id\": %s, \"text\": \"Yes\"}\n".formatted(item.id())));
    Score score =
        new TaskRun("pope", folder)
            .text("answers", "answers.jsonl", answers.toString())
            .value("annotations", folder.resolve("coco").toString())
            .score();
    assertThat(score.text())
        .contains("Category: popular, # samples: 2", "TP\tFP\tTN\tFN\t\n1\t1\t0\t0\n");
  }

  @Test
  void vqasOwnFileIsAskedAndItsSubmissionMade() throws IOException {
    write("COCO_test2015_000000000042.jpg", "");
    String file =
        write(
            "v2.json",
            """
            {"info": {}, "data_subtype": "test-dev2015", "questions":
             [{"image_id": 42, "question": "What?", "question_id": 42000}]}
            """);
    Item item = only(items("vqav2", Map.of("questions", file)));
    assertThat(item.id().asInt()).isEqualTo(42000);
    assertThat(item.prompt()).isEqualTo("What?" + BRIEFLY);
    assertThat(item.images()).containsExactly(folder.resolve("COCO_test2015_000000000042.jpg"));
    Score score =
        new TaskRun("vqav2", folder)
            .text("answers", "answers.jsonl", "{\"question_id\": 42000, \"text\": \"A cat.\"}\n")
            .value("questions", file)
            .value("out", "v.json")
            .score();
    assertThat(TaskRun.written(score, "v.json").toString())
        .isEqualTo("[{\"question_id\":42000,\"answer\":\"cat\"}]");
  }

  @Test
  void vizWizsOwnFileIsAskedAndItsSubmissionMade() throws IOException {
    write("V_0.jpg", "");
    String file = write("test.json", "[{\"image\": \"V_0.jpg\", \"question\": \"What is this?\"}]");
    Item item = only(items("vizwiz", Map.of("questions", file)));
    assertThat(item.id().asInt()).isZero();
    assertThat(item.prompt())
        .isEqualTo(
            "What is this?\nWhen the provided information is insufficient, respond with"
                + " 'Unanswerable'."
                + BRIEFLY);
    Score score =
        new TaskRun("vizwiz", folder)
            .text("answers", "answers.jsonl", "{\"question_id\": 0, \"text\": \"Soup\"}\n")
            .value("questions", file)
            .value("out", "v.json")
            .score();
    assertThat(TaskRun.written(score, "v.json").toString())
        .isEqualTo("[{\"image\":\"V_0.jpg\",\"answer\":\"soup\"}]");
  }

  @Test
  void mmVetsOwnFileIsAsked() throws IOException {
    write("v1_3.png", "");
    String file =
        write(
            "mm-vet.json",
            "{\"v1_3\": {\"imagename\": \"v1_3.png\", \"question\": \"What is x?\", \"answer\":"
                + " \"4\", \"capability\": [\"ocr\", \"math\"]}}");
    Item item = only(items("mmvet", Map.of("questions", file)));
    assertThat(item.id().asInt()).isEqualTo(3);
    assertThat(item.prompt()).isEqualTo("What is x?");
    assertThat(item.images()).containsExactly(folder.resolve("v1_3.png"));
    assertThatThrownBy(
            () -> items("mmvet", Map.of("questions", write("other.json", "{\"a\": {\"b\": 1}}"))))
        .hasMessageContaining("other.json a: wrong name (found \"a\", expected v1_0, v1_1");
  }

  @Test
  void gqasOwnFileIsAskedAndScored() throws IOException {
    write("n1.jpg", "");
    String file =
        write(
            "testdev.json",
            """
            {"201": {"imageId": "n1", "question": "Is it red?", "answer": "yes", "isBalanced": true,
                     "types": {"structural": "verify"}}}
            """);
    Map<String, List<String>> given = Map.of("questions", List.of(file));
    Asking asking = Tasks.named("gqa").asking().orElseThrow();
    Item item = only(asking.items(new Given(given)));
    assertThat(item.id().asText()).isEqualTo("201");
    assertThat(item.prompt()).isEqualTo("Is it red?" + BRIEFLY);
    assertThat(item.images()).containsExactly(folder.resolve("n1.jpg"));
    String answers = write("answers.jsonl", "{\"question_id\": \"201\", \"text\": \"Yes.\"}\n");
    Given scoring = asking.forScoring(new Given(given)).with(Map.of("answers", List.of(answers)));
    assertThat(Tasks.named("gqa").score(scoring).text()).contains("Accuracy: 100.00%");
  }

  @Test
  void textVqasOwnFileIsAsked() throws IOException {
    write("ab.jpg", "");
    String file =
        write(
            "val.json",
            "{\"data\": [{\"image_id\": \"ab\", \"question_id\": 7, \"question\": \"What brand?\","
                + " \"answers\": []}]}");
    Item item = only(items("textvqa", Map.of("annotations", file)));
    assertThat(item.id().asText()).isEqualTo("ab");
    assertThat(item.prompt()).isEqualTo("What brand?" + BRIEFLY);
  }

  @Test
  void cocosCaptionsAreAskedAndScored() throws IOException {
    write("a.jpg", "");
    String file =
        write(
            "captions.json",
            """
            {"images": [{"id": 5, "file_name": "a.jpg"}],
             "annotations": [{"image_id": 5, "id": 1, "caption": "A red star."},
                             {"image_id": 5, "id": 2, "caption": "One star."}]}
            """);
    Item item = only(items("captioning", Map.of("questions", file)));
    assertThat(item.prompt()).isEqualTo("Provide a one-sentence caption for the provided image.");
    assertThat(item.reference().toString()).isEqualTo("[\"A red star.\",\"One star.\"]");
    Score score =
        new TaskRun("captioning", folder)
            .text("answers", "answers.jsonl", "{\"question_id\": 5, \"text\": \"a red star\"}\n")
            .value("questions", file)
            .score();
    assertThat(score.text()).startsWith("Bleu_1: 1.000\n");
  }

  /// LLaVA's question files are read beside the benchmarks' own, told apart by what is in them.
  @Test
  void oneQuestionInLlavasFormatIsNoReleasedFile() throws IOException {
    write("a.jpg", "");
    String file =
        write("q.jsonl", "{\"question_id\": 1, \"image\": \"a.jpg\", \"text\": \"Q\\nBriefly.\"}");
    int asked = 0;
    for (String task : Set.of("vqav2", "vizwiz", "mmvet", "gqa", "captioning")) {
      assertThat(only(items(task, Map.of("questions", file))).prompt()).isEqualTo("Q\nBriefly.");
      asked++;
    }
    assertThat(asked).isEqualTo(5);
    String other = write("other.json", "{\"questions\": []}");
    assertThatThrownBy(() -> items("exact_match", Map.of("questions", other)))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("expected question_id and text, a line each");
  }

  private static Item only(List<Item> items) {
    assertThat(items).hasSize(1);
    return items.getFirst();
  }

  private static List<Item> items(String task, Map<String, String> given) {
    Map<String, List<String>> values = new HashMap<>();
    given.forEach((name, value) -> values.put(name, List.of(value)));
    return Tasks.named(task).asking().orElseThrow().items(new Given(values));
  }

  private String write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text).toString();
  }
}
