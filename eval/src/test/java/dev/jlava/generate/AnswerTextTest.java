package dev.jlava.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.testing.Golden;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AnswerTextTest {
  private final Tokenizer tokenizer = Tokenizers.load(Golden.path("llava/hf"));
  private final List<String> pieces = new ArrayList<>();

  /// Bytes that the vocabulary spells one by one.
  private static final String RARE = "日é😀";

  @ParameterizedTest
  @ValueSource(strings = {"llava/hf", "tokenizer/llama_sp", "tokenizer/bytelevel_qwen"})
  void charactersAppearWhole(String model) {
    Tokenizer other = Tokenizers.load(Golden.path(model));
    AnswerText text = new AnswerText(other, List.of());
    int[] ids = other.encode("a " + RARE + " b");
    assertThat(ids.length).as("tokens of %s", RARE).isGreaterThan(7);
    add(text, ids);
    assertThat(String.join("", pieces)).isEqualTo("a " + RARE + " b").isEqualTo(text.text());
    assertThat(pieces).noneMatch(piece -> piece.contains("�"));
    assertThat(pieces.stream().filter(piece -> !piece.isEmpty()).count()).isGreaterThan(5);
  }

  @Test
  void bytesThatAreNoCharacterAppearAtTheEnd() {
    AnswerText text = new AnswerText(tokenizer, List.of());
    int[] ids = tokenizer.encode("x日");
    int[] cut = java.util.Arrays.copyOf(ids, ids.length - 1);
    add(text, cut);
    assertThat(String.join("", pieces)).isEqualTo("x");
    assertThat(text.rest()).isEqualTo("��").isEqualTo(text.text().substring(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"llava/hf", "tokenizer/llama_sp", "tokenizer/bytelevel_qwen"})
  void idsWithoutATokenAreSkipped(String model) {
    Tokenizer other = Tokenizers.load(Golden.path(model));
    AnswerText text = new AnswerText(other, List.of());
    add(text, other.encode("a"));
    add(text, new int[] {100_000});
    assertThat(String.join("", pieces)).isEqualTo("a");
  }

  @Test
  void aStopTextIsCutAndItsBeginningHeldBack() {
    AnswerText text = new AnswerText(tokenizer, List.of("###", "## end"));
    add(text, tokenizer.encode("one # two ##"));
    assertThat(String.join("", pieces)).isEqualTo("one # two ");
    assertThat(text.stopped()).isFalse();
    add(text, tokenizer.encode("#"));
    // A piece of its own starts with a space: no stop text yet.
    assertThat(String.join("", pieces)).isEqualTo("one # two ## ");
    add(text, tokenizer.encode("x###y"));
    assertThat(text.stopped()).isTrue();
    assertThat(String.join("", pieces)).isEqualTo("one # two ## # x").isEqualTo(text.text());
  }

  @Test
  void theFirstOfSeveralStopTextsCounts() {
    AnswerText text = new AnswerText(tokenizer, List.of("late", "ear"));
    add(text, tokenizer.encode("very early, not late"));
    assertThat(text.text()).isEqualTo("very ");
  }

  @Test
  void aBeginningWithoutAnEndIsPartOfTheAnswer() {
    AnswerText text = new AnswerText(tokenizer, List.of("###"));
    add(text, tokenizer.encode("a ##"));
    assertThat(String.join("", pieces)).isEqualTo("a ");
    assertThat(text.rest()).isEqualTo("##");
    assertThat(text.text()).isEqualTo("a ##");
  }

  /// Up to the stop text, as a generator would.
  private void add(AnswerText text, int[] ids) {
    for (int id : ids) {
      if (!text.stopped()) {
        pieces.add(text.add(id));
      }
    }
  }
}
