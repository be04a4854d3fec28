package dev.jlava.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.eval.judge.ScoreReader.Reading;
import dev.jlava.eval.judge.ScoreReader.Scores;
import dev.jlava.eval.judge.ScoreReader.Unread;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ScoreReaderTest {
  private static Reading read(String review) {
    return new ScoreReader("Assistant").read(review);
  }

  /// Eight for the first answer and seven for the second, as judges write it.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "8 7",
        "8 7\nThe first names 3 dogs and 2 cats, 9 of 10 right.",
        "8, 7",
        "8,7",
        "8  7 ",
        " 8\t7\r\nBoth are fine.",
        "\n\n8 7",
        "8. 7.",
        "8.0 7.0",
        "8/10 7/10",
        "8/10, 7/10",
        "8 / 10 and 7 / 10.",
        "8/10 and 7/10",
        "8 and 7",
        "8 vs. 7",
        "(8, 7)",
        "[8, 7]\nBecause …",
        "**8 7**",
        "**8** **7**\nBecause …",
        "`8 7`",
        "# 8 7",
        "- 8 7",
        "| 8 | 7 |",
        "Scores: 8 7",
        "**Scores:** 8, 7",
        "The final scores are 8 and 7.",
        "Here is my evaluation.\n\n8 7\n\nThe first is better.",
        "Assistant 1: 8\nAssistant 2: 7",
        "Assistant 1: 8, Assistant 2: 7",
        "Assistant 1: 8/10 - it is exact.\nAssistant 2: 7/10, because it says 3 dogs.",
        "**Assistant 1**: 8\n**Assistant 2**: 7",
        "### Assistant 1: 8/10\nIt is right.\n### Assistant 2: 7/10\nNearly.",
        "1. Assistant 1: 8\n2. Assistant 2: 7",
        "1. 8\n2. 7",
        "1) 8/10\n2) 7/10\n\nThe first is exact.",
        "**1.** 8\r\n**2.** 7.",
        "Assistant 2: 7\nAssistant 1: 8",
        "Assistant 1's score: 8. Assistant 2's score: 7.",
        "Score for Assistant 1: 8\nScore for Assistant 2: 7",
        "assistant_1 = 8; assistant_2 = 7",
        "{\"assistant_1\": 8, \"assistant_2\": 7}",
        "Response 1: 8 out of 10\nResponse 2: 7 out of 10",
        "Assistant One: 8\nAssistant Two: 7",
        "<think>Perhaps 5 6?\n5 6\n</think>\n8 7",
        "８ ７",
        "８，７",
        "８／１０，７／１０",
        "8分，7分",
        "8分和7分",
        "评分：8 7",
        "得分：８、７\n第一个回答更准确，提到了3只狗。",
        "助手1：8分\n助手2：7分",
        "助手1：8分，助手2：7分。",
        "助手一的得分为8分，助手二的得分为7分",
        "**助手1**：8/10\n**助手2**：7/10",
        "第一个助手：8分\n第二个助手：7分",
      })
  void bothScoresAreFound(String review) {
    assertThat(read(review)).as(review).isEqualTo(new Scores(8, 7));
  }

  /// Numbers that are no scores, half of the scores, scores that differ, scores out of range.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "  \n ",
        "I'm sorry, but I can't help with that.",
        "I cannot compare 8 and 7 answers.",
        "很抱歉，我无法完成这个请求。",
        "7",
        "8/10",
        "8 7 9",
        "8 nine",
        "eight seven",
        "nan 7",
        "inf 3",
        "-1 5",
        "8 -7",
        "8-7",
        "8/7",
        "0 5",
        "11 9",
        "85/100 70/100",
        "85 70",
        "80% 70%",
        "8,5 7,5",
        "8 7 objects are in the picture",
        "Assistant 1: 8",
        "Assistant 2: 7",
        "Assistant 1: 8 dogs are named.\nAssistant 2: 7 cats are named.",
        "Assistant 1: 3/10 of the objects. Assistant 2: 4/10 of the objects.",
        "Assistant 1 is better than Assistant 2.",
        "Assistant 18\nAssistant 27",
        "Assistant 1: 8\nAssistant 2: 7\nAssistant 1: 6",
        "Let us see.\n8 7\nOn second thoughts:\n6 7",
        "Let us see.\n8 7\nAssistant 1: 6\nAssistant 2: 7",
        "Assistant 1: 12\nAssistant 2: 7",
        "助手1：8分钟后到达\n助手2：7分钟后到达",
        "<think>8 7",
        "The image has 3 dogs\nand 4 cats",
      })
  void noScoreIsInvented(String review) {
    assertThat(read(review)).as(review).isInstanceOf(Unread.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"AI 1: 8\nAI 2: 7", "ai #1: 8 ai #2: 7"})
  void theRulesOwnRoleIsKnown(String review) {
    assertThat(new ScoreReader("AI").read(review)).isEqualTo(new Scores(8, 7));
    assertThat(read(review)).isEqualTo(new Unread("no scores"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Assistant 1: 8\nThe rest is silence"})
  void halfAVerdictIsNamed(String review) {
    assertThat(read(review)).isEqualTo(new Unread("a score of one answer only"));
  }
}
