package dev.jlava.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jlava.data.DataException;
import dev.jlava.eval.chat.ChatMessage;
import dev.jlava.eval.chat.ChatMessage.Text;
import dev.jlava.eval.judge.Pair.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The layouts are those of LLaVA's `eval_gpt_review_bench.py`, `eval_gpt_review_visual.py` and
/// `eval_gpt_review.py`.
final class PairsTest {
  private static final String SIDES =
      """
      [Question]
      What is “it”?
      Second line.

      [Judge 1]
      %s

      [End of Judge 1]

      [Judge 2]
      %s

      [End of Judge 2]

      [System]
      %s

      """;

  @TempDir private Path directory;

  @BeforeEach
  void files() throws IOException {
    write(
        "rule.json",
        """
        {"conv": {"role": "Judge", "prompt": "Boxes too."},
         "llava_bench_conv": {"role": "Judge", "prompt": "Captions.\\nTwo lines."},
         "default": {"role": "Judge", "prompt": "Anything."}}
        """);
    write(
        "questions.jsonl",
        """
        {"question_id": 7, "image": "a.jpg", "category": "conv", "text": "What is “it”?\\nSecond line."}
        """);
    write(
        "reference.jsonl",
        "{\"question_id\": 7, \"text\": \"It is <image>.\", \"answer_id\": \"r\"}\n");
    write("answers.jsonl", "{\"question_id\": \"7\", \"text\": \"It is not.\", \"extra\": 1}\n");
    write("captions.jsonl", "{\"image\": \"a.jpg\", \"caption\": [\"One.\", \"Two.\"]}\n");
    write("caption.jsonl", "{\"image\": \"a.jpg\", \"caption\": \"One only.\"}\n");
    write(
        "boxes.jsonl",
        """
        {"image": "a.jpg", "captions": ["One.", "Two."], "instances": [
          {"category": "person", "bbox": [0.1, 0.25, 1, 1e-05]},
          {"category": "dog", "bbox": [0.0, 0.001, 1.0, 0.333]}]}
        """
            .replace("\n  ", " "));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }

  private Pairs pairs(@Nullable String context) {
    return new Pairs(
        new Pairs.Sources(
            directory.resolve("questions.jsonl"),
            directory.resolve("reference.jsonl"),
            context == null ? null : directory.resolve(context),
            null),
        Rules.read(directory.resolve("rule.json")));
  }

  private Pair pair(@Nullable String context) {
    return pairs(context).with(directory.resolve("answers.jsonl"), false).getFirst();
  }

  private static String user(Pair pair, Order order) {
    List<ChatMessage> messages = pair.messages("S", order);
    assertThat(messages).hasSize(2);
    assertThat(messages.getFirst()).isEqualTo(ChatMessage.system("S"));
    return ((Text) messages.getLast().parts().getFirst()).text();
  }

  @Test
  void captionsAreLaidOutAsInLlava() {
    Pair pair = pair("captions.jsonl");
    assertThat(user(pair, Order.REFERENCE_FIRST))
        .isEqualTo(
            "[Context]\nOne.\nTwo.\n\n"
                + SIDES.formatted("It is <image>.", "It is not.", "Captions.\nTwo lines."));
    assertThat(pair.category()).isEqualTo("llava_bench_conv");
    assertThat(user(pair("caption.jsonl"), Order.REFERENCE_FIRST))
        .startsWith("[Context]\nOne only.\n\n[Question]\n");
  }

  @Test
  void boxesAreLaidOutAsInLlava() {
    Pair pair = pair("boxes.jsonl");
    assertThat(user(pair, Order.REFERENCE_FIRST))
        .isEqualTo(
            "[Context]\nOne.\nTwo.\n\nperson: [0.1, 0.25, 1, 1e-05]\ndog: [0.0, 0.001, 1.0, 0.333]\n\n"
                + SIDES.formatted("It is <image>.", "It is not.", "Boxes too."));
    assertThat(pair.category()).isEqualTo("conv");
  }

  @Test
  void withoutContextThereIsNone() throws IOException {
    assertThat(user(pair(null), Order.REFERENCE_FIRST))
        .isEqualTo(SIDES.formatted("It is <image>.", "It is not.", "Boxes too."));
    write("questions.jsonl", "{\"question_id\": 7, \"text\": \"?\", \"category\": \"generic\"}\n");
    Pair other = pair(null);
    assertThat(other.rule().prompt()).isEqualTo("Anything.");
    assertThat(other.category()).isEqualTo("generic");
  }

  @Test
  void theOtherOrderSwapsTheAnswersAndNothingElse() {
    assertThat(user(pair("captions.jsonl"), Order.MODEL_FIRST))
        .isEqualTo(
            "[Context]\nOne.\nTwo.\n\n"
                + SIDES.formatted("It is not.", "It is <image>.", "Captions.\nTwo lines."));
  }

  @Test
  void idsAreTheAnswersOrElseTheQuestions() {
    Pair pair = pair(null);
    assertThat(pair.reference().id().asText()).isEqualTo("r");
    assertThat(pair.model().id().asText()).isEqualTo("7");
    assertThat(pair.questionId().isInt()).isTrue();
  }

  @Test
  void llavasSystemTextGoesWithItsRules() {
    assertThat(pairs(null).rules().system())
        .isEqualTo(
            "You are a helpful and precise assistant for checking the quality of the answer.");
    assertThat(Rules.builtIn().system()).isNotEqualTo(pairs(null).rules().system());
  }

  @Test
  void theBuiltInRulesAskForScoresOnTheFirstLine() {
    Rules rules = Rules.builtIn();
    assertThat(rules.byCategory())
        .containsOnlyKeys(
            "default",
            "conv",
            "detail",
            "complex",
            "llava_bench_conv",
            "llava_bench_detail",
            "llava_bench_complex");
    rules
        .byCategory()
        .forEach((category, rule) -> {
          assertThat(rule.role()).as(category).isEqualTo("Assistant");
          assertThat(rule.prompt())
              .as(category)
              .contains("two scores on the first line", "1 (useless) to 10", "Assistant 1's");
        });
  }

  private void fails(@Nullable String context, String... texts) {
    assertThatThrownBy(() -> pair(context))
        .isInstanceOf(DataException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(texts));
  }

  @Test
  void whatDoesNotBelongTogetherIsNamed() throws IOException {
    write("captions.jsonl", "{\"image\": \"b.jpg\", \"caption\": \"\"}\n");
    fails("captions.jsonl", "questions.jsonl:1: no context of its image (found image 'a.jpg'");
    write("captions.jsonl", "{\"image\": \"a.jpg\", \"captions\": []}\n");
    fails("captions.jsonl", "captions.jsonl:1: no 'caption'");
    write("captions.jsonl", "");
    fails("captions.jsonl", "captions.jsonl: no context (an empty file)");
    write("answers.jsonl", "{\"question_id\": 8, \"text\": \"?\"}\n");
    fails(null, "answers.jsonl: no answer to 1 of 1 questions (the first: question_id 7)");
    assertThatThrownBy(() -> pairs(null).with(directory.resolve("answers.jsonl"), true))
        .hasMessageContaining("answers.jsonl: answers none of the questions");
    write("answers.jsonl", "{\"question_id\": 7, \"text\": \"\"}\n".repeat(2));
    fails(null, "answers.jsonl:2: question_id 7 for the second time (first in");
    write("reference.jsonl", "{\"question_id\": 6, \"text\": \"?\"}\n");
    fails(null, "reference.jsonl: no reference answer to 1 of 1 questions");
  }

  @Test
  void rulesAreChecked() throws IOException {
    write(
        "questions.jsonl",
        "{\"question_id\": 7, \"image\": \"a.jpg\", \"text\": \"?\", \"category\": \"odd\"}\n");
    fails(
        "captions.jsonl",
        "no rule for the categories llava_bench_odd (the rules have conv, default, llava_bench_conv)");
    write("rule.json", "{\"conv\": {\"role\": \"Judge\"}}");
    fails(null, "rule.json conv: no 'prompt'");
    write("rule.json", "{}");
    fails(null, "rule.json: no rules");
  }
}
