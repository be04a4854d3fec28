package dev.jlava.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jlava.data.DataException;
import dev.jlava.recipe.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How tasks' questions are read and put.
final class AskingTest {
  @TempDir Path folder;

  /// The tasks that read questions in LLaVA's own format put them as they stand there.
  @Test
  void questionsInLlavasFormatAreAskedAsTheyStand() throws IOException {
    Files.createFile(folder.resolve("a.png"));
    Path file =
        write(
            "q.jsonl",
            """
            {"question_id": 7, "image": "a.png", "text": "Is it?\\nBriefly.", "category": "x", "answer": ["yes", "yeah"]}

            {"question_id": "b", "text": "Hello."}
            """);
    int asked = 0;
    for (Task task : Tasks.all()) {
      if (task.asking().isEmpty() || task.name().startsWith("mmbench")) {
        continue;
      }
      Given given = new Given(Map.of("questions", List.of(file.toString())));
      if (!takesOnlyQuestions(task)) {
        continue;
      }
      List<Item> items = task.asking().get().items(given);
      assertThat(items).as(task.name()).hasSize(2);
      Item first = items.getFirst();
      assertThat(first.id().isInt()).isTrue();
      assertThat(first.prompt()).isEqualTo("Is it?\nBriefly.");
      assertThat(first.images()).containsExactly(folder.resolve("a.png"));
      assertThat(first.category()).isEqualTo("x");
      assertThat(first.answer()).isEqualTo("yes");
      assertThat(items.get(1).images()).isEmpty();
      assertThat(items.get(1).answer()).isEmpty();
      asked++;
    }
    assertThat(asked).isGreaterThanOrEqualTo(10);
  }

  private static boolean takesOnlyQuestions(Task task) {
    return task.asking().orElseThrow().inputs().stream()
        .filter(input -> input.need() == Input.Need.ONE)
        .map(Input::name)
        .toList()
        .equals(List.of("questions"));
  }

  @Test
  void answersAreAsLongAsLlavasScriptsAllow() {
    Map<String, Integer> expected =
        Map.of(
            "pope",
            128,
            "textvqa",
            128,
            "mme",
            128,
            "llava_bench",
            1024,
            "mmvet",
            1024,
            "science_qa",
            1024);
    expected.forEach((name, tokens) ->
        assertThat(Tasks.named(name).asking().orElseThrow().maxNewTokens())
            .as(name)
            .isEqualTo(tokens));
  }

  @Test
  void recipesGiveEachTaskTheFilesThatAskingAndScoringRead() {
    Map<String, Set<String>> needs =
        Map.of(
            "pope", Set.of("annotations"),
            "mme", Set.of("annotations"),
            "science_qa", Set.of("annotations"),
            "gqa", Set.of("questions"),
            "exact_match", Set.of("questions"));
    int found = 0;
    for (Names.TaskKeys keys : Tasks.keys()) {
      assertThat(Tasks.named(keys.type()).asking()).isPresent();
      if (needs.containsKey(keys.type())) {
        assertThat(Set.copyOf(keys.needs())).isEqualTo(needs.get(keys.type()));
        found++;
      }
    }
    assertThat(found).isEqualTo(needs.size());
    Names.TaskKeys bench =
        Tasks.keys().stream().filter(k -> k.type().equals("llava_bench")).findFirst().orElseThrow();
    assertThat(bench.takes()).contains("judge", "answers", "context");
  }

  /// As LLaVA 1.5's `llava_test_CQM-A.json` has them, and the line that `model_vqa_science.py
  /// --single-pred-prompt` adds.
  @Test
  void scienceProblemsArePutAsLlavaPutsThem() throws IOException {
    Files.createDirectories(folder.resolve("images/test/4"));
    Files.createFile(folder.resolve("images/test/4/image.png"));
    write("pid_splits.json", "{\"test\": [\"9\", \"4\"]}");
    write(
        "problems.json",
        """
        {"4": {"question": "Which  one?", "choices": ["a cat", "a dog"], "answer": 1,
               "hint": "Look at the picture.", "image": "image.png"},
         "9": {"question": "How many?", "choices": ["one", "two", "three"], "answer": 0,
               "hint": "", "image": null}}
        """);
    List<Item> items =
        Tasks.named("science_qa")
            .asking()
            .orElseThrow()
            .items(new Given(Map.of("annotations", List.of(folder.toString()))));
    assertThat(items.get(0).prompt())
        .isEqualTo(
            """
            How many?
            A. one
            B. two
            C. three
            Answer with the option's letter from the given choices directly.\
            """);
    assertThat(items.get(1).prompt())
        .isEqualTo(
            """
            <image>
            Context: Look at the picture.
            Which one?
            A. a cat
            B. a dog
            Answer with the option's letter from the given choices directly.\
            """);
    assertThat(items.get(1).images()).containsExactly(folder.resolve("images/test/4/image.png"));
    assertThat(items.get(1).answer()).isEqualTo("B");
  }

  @Test
  void choicesAreListedWithTheirLetters() throws IOException {
    Path file =
        write(
            "q.jsonl",
            """
            {"question_id": 1, "text": "Which?", "choices": ["cat", "dog"], "answer": "B"}
            """);
    Item item =
        Tasks.named("choice")
            .asking()
            .orElseThrow()
            .items(new Given(Map.of("questions", List.of(file.toString()))))
            .getFirst();
    assertThat(item.question()).isEqualTo("Which?");
    assertThat(item.prompt())
        .isEqualTo(
            """
            Which?
            A. cat
            B. dog
            Answer with the option's letter from the given choices directly.\
            """);
  }

  @Test
  void whatIsNoQuestionFileIsToldWithItsLine() throws IOException {
    Path empty = write("empty.jsonl", "\n");
    Path other = write("other.jsonl", "{\"question_id\": 1, \"question\": \"Which?\"}\n");
    assertThatThrownBy(() -> Item.read(empty, java.util.Optional.empty()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("empty.jsonl: no questions");
    assertThatThrownBy(() -> Item.read(other, java.util.Optional.empty()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("other.jsonl:1: no 'text'");
  }

  /// A part of the questions is scored alone; each answer's worth adds up to the figures.
  @Test
  void aPartOfPopeIsScoredAndItsMarksAddUp() throws IOException {
    StringBuilder questions = new StringBuilder();
    StringBuilder answers = new StringBuilder();
    StringBuilder labels = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      questions.append("{\"question_id\": %d, \"category\": \"random\"}\n".formatted(i));
      labels.append("{\"label\": \"%s\"}\n".formatted(i % 2 == 0 ? "yes" : "no"));
      if (i < 5) {
        answers.append("{\"question_id\": %d, \"text\": \"Yes\"}\n".formatted(i));
      }
    }
    write("labels/coco_pope_random.json", labels.toString());
    Given given =
        new Given(
            Map.of(
                "questions", List.of(write("pq.jsonl", questions.toString()).toString()),
                "answers", List.of(write("pa.jsonl", answers.toString()).toString()),
                "annotations", List.of(folder.resolve("labels").toString())));
    assertThatThrownBy(() -> Tasks.named("pope").score(given))
        .hasMessageContaining("no answer to this question");
    Score score = Tasks.named("pope").score(given.asking(Set.of("0", "1", "2", "3", "4")));
    assertThat(score.text()).contains("# samples: 5", "Accuracy: 0.6\n");
    assertThat(score.marks()).hasSize(5);
    assertThat(score.marks().stream().mapToDouble(mark -> mark.value().orElseThrow()).sum())
        .isEqualTo(3);
    assertThat(score.headline().orElseThrow().value()).isCloseTo(75, within(1e-9));
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }
}
