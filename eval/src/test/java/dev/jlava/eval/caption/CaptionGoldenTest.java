package dev.jlava.eval.caption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.testing.Golden;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/// Words and figures are pycocoevalcap's.
final class CaptionGoldenTest {
  private static final JsonNode GOLDEN = Golden.json("eval/captions.json");

  @Test
  void wordsAreThoseOfTheTreebankTokenizer() {
    assertThat(GOLDEN.get("tokens")).hasSizeGreaterThan(50);
    SoftAssertions all = new SoftAssertions();
    List<String> texts =
        GOLDEN.get("tokens").valueStream().map(one -> one.get("text").asText()).toList();
    List<List<String>> words = CaptionWords.of(texts);
    for (int i = 0; i < texts.size(); i++) {
      JsonNode one = GOLDEN.get("tokens").get(i);
      all.assertThat(String.join(" ", words.get(i)))
          .as(texts.get(i))
          // The tokenizer writes a fraction as one word, which the scores take for two.
          .isEqualTo(one.get("tokens").asText().replace('\u00a0', ' '));
    }
    all.assertAll();
  }

  @Test
  void bleuAndCiderAreThoseOfTheCocoScripts() {
    assertThat(GOLDEN.get("cases")).hasSize(3);
    for (JsonNode one : GOLDEN.get("cases")) {
      List<Captioned> images =
          Captioned.of(
              texts(one.get("answers")),
              one.get("references").valueStream().map(CaptionGoldenTest::texts).toList());
      double[] bleu = Bleu.of(images);
      for (int n = 0; n < 4; n++) {
        assertThat(bleu[n]).isCloseTo(one.get("bleu").get(n).asDouble(), within(1e-12));
      }
      double[] each = Cider.of(images);
      for (int i = 0; i < each.length; i++) {
        assertThat(each[i]).isCloseTo(one.get("ciders").get(i).asDouble(), within(1e-10));
      }
    }
  }

  private static List<String> texts(JsonNode list) {
    return list.valueStream().map(JsonNode::asText).toList();
  }
}
