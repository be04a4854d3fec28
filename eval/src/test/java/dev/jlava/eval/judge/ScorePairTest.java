package dev.jlava.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ScorePairTest {
  @Test
  void scoresAreReadAsLlavaDoes() {
    JsonNode cases = Golden.json("eval/parse_score.json");
    assertThat(cases).hasSize(23);
    for (JsonNode one : cases) {
      ScorePair found = ScorePair.parse(one.get("review").asText());
      assertThat(found).as(one.toString()).isEqualTo(new ScorePair(number(one, 0), number(one, 1)));
    }
  }

  /// Python's `float` gives nan and inf, which the vectors hold as texts.
  private static double number(JsonNode one, int index) {
    JsonNode score = one.get("scores").get(index);
    return switch (score.asText()) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      default -> score.asDouble();
    };
  }

  /// Expected: what Python 3.11's `float` says of the two parts.
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "9_0 6, 90, 6",
        "\u0669 6, 9, 6",
        ".5 .25, 0.5, 0.25",
        "-infinity 1, -Infinity, 1",
        "9__0 6, -1, -1",
        "0x9 6, -1, -1",
        "9f 6d, -1, -1",
        "NaN_ 1, -1, -1",
        "9\u00a06, -1, -1",
        "\"9 6\u00a0\", 9, 6",
      })
  void numbersArePythons(String review, double first, double second) {
    assertThat(ScorePair.parse(review)).isEqualTo(new ScorePair(first, second));
  }
}
