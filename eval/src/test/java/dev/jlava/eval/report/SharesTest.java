package dev.jlava.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.report.EvaluationData.Range;
import dev.jlava.eval.report.EvaluationFiles.Answers;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SharesTest {
  /// Question 7: 6 and 4 points where the reference is read first, 8 where the model is; question 8
  /// lacks an order, question 9 scores in one.
  @Test
  void aQuestionCountsIfEveryOrderHasScores() {
    List<Row> reviews =
        rows(
            "{'question_id':7,'order':'reference_first','tuple':[8,6]}",
            "{'question_id':7,'order':'reference_first','tuple':[8,4]}",
            "{'question_id':7,'order':'model_first','tuple':[4,8]}",
            "{'question_id':8,'order':'reference_first','tuple':[8,8]}",
            "{'question_id':9,'order':'reference_first','tuple':[8,8]}",
            "{'question_id':9,'order':'model_first','tuple':[-1,-1]}");
    List<Row> lines = rows("{'question_id':7}", "{'question_id':8}", "{'question_id':9}");
    Range range =
        Shares.judged(new Answers(lines, Optional.empty(), reviews, List.of()))
            .range(question -> true)
            .orElseThrow();
    assertThat(range.mean()).isCloseTo(100 * 6.5 / 6, within(1e-9));
    assertThat(range.questions()).isEqualTo(1);
    assertThat(range.low()).isNull();
  }

  @Test
  void modelsAreComparedWhereBothHaveAValue() {
    Shares first = Shares.of(new @Nullable Double[] {0.0, 0.0, 1.0, null});
    Shares second = Shares.of(new @Nullable Double[] {1.0, 1.0, 1.0, 0.0});
    Range gain = first.rangeOfGain(second).orElseThrow();
    assertThat(gain.mean()).isCloseTo(200 / 3.0, within(1e-9));
    assertThat(gain.questions()).isEqualTo(3);
    assertThat(first.chanceOfGain(second)).isEqualTo(0.5);
    assertThat(first.rangeOfGain(Shares.of(new @Nullable Double[4]))).isEmpty();
  }

  private static List<Row> rows(String... lines) {
    return Stream.of(lines).map(SharesTest::row).toList();
  }

  private static Row row(String line) {
    try {
      return new Row("test", new ObjectMapper().readTree(line.replace('\'', '"')));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(line, e);
    }
  }
}
