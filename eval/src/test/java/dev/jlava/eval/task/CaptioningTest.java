package dev.jlava.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.jlava.data.DataException;
import dev.jlava.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CaptioningTest {
  @TempDir private Path folder;

  @Test
  void figuresArePrintedAsTheCocoScriptsDo() throws IOException {
    JsonNode golden = Golden.json("eval/captions.json").get("cases").get(1);
    ArrayNode questions = new ObjectMapper().createArrayNode();
    ArrayNode answers = new ObjectMapper().createArrayNode();
    for (int i = 0; i < golden.get("answers").size(); i++) {
      questions.addObject().put("question_id", i).set("answer", golden.get("references").get(i));
      answers.addObject().put("question_id", i).set("text", golden.get("answers").get(i));
    }
    Score score =
        new TaskRun("captioning", folder)
            .json("answers", "a.jsonl", answers)
            .json("questions", "q.jsonl", questions)
            .score();
    assertThat(score.text())
        .isEqualTo("Bleu_1: 0.910\nBleu_2: 0.835\nBleu_3: 0.791\nBleu_4: 0.746\nCIDEr: 3.438\n");
    assertThat(score.marks()).hasSize(30);
    answers.remove(3);
    TaskRun missing =
        new TaskRun("captioning", folder)
            .json("answers", "a.jsonl", answers)
            .json("questions", "q.jsonl", questions);
    assertThatThrownBy(missing::score)
        .isInstanceOf(DataException.class)
        .hasMessageContaining("q.jsonl:4: no caption of this image");
  }
}
