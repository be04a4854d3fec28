package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.caption.Bleu;
import dev.jlava.eval.caption.Captioned;
import dev.jlava.eval.caption.Cider;
import dev.jlava.eval.compat.PythonNumbers;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/// Captions of images beside people's: CIDEr and BLEU as pycocoevalcap computes them, from
/// questions whose `answer` is the list of people's captions.
final class Captioning implements Task {
  private static final String PROMPT = "Provide a one-sentence caption for the provided image.";
  private static final QuestionFile ASKING =
      new QuestionFile(QuestionFile.SHORT_ANSWER, Captioning::rows);

  @Override
  public String name() {
    return "captioning";
  }

  @Override
  public String summary() {
    return "Captions beside people's: CIDEr, and BLEU-1 to BLEU-4.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(References.ANSWERS, References.QUESTIONS);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(ASKING);
  }

  /// The images of COCO's file of captions, such as `captions_val2014.json`, each with all of its
  /// captions, asked for a caption as LLaVA is trained to give one.
  private static List<Row> rows(Row file) {
    Map<String, ArrayNode> captions = new HashMap<>();
    for (Row caption : file.list("annotations")) {
      captions
          .computeIfAbsent(caption.id("image_id"), id -> Json.object().arrayNode())
          .add(caption.text("caption"));
    }
    List<Row> rows = new ArrayList<>();
    for (Row image : file.list("images")) {
      Row row = QuestionFile.row(image, image.value("id"), image.text("file_name"), PROMPT);
      ArrayNode own = captions.getOrDefault(image.id("id"), Json.object().arrayNode());
      ((ObjectNode) row.json()).set("answer", own);
      rows.add(row);
    }
    return rows;
  }

  @Override
  public Score score(Given given) {
    List<References.Asked> asked =
        References.of(ASKING.rows(given.path(References.QUESTIONS)), given).asked();
    if (asked.isEmpty()) {
      throw new DataException("captioning: no questions; CIDEr is not defined without images");
    }
    List<Captioned> images =
        Captioned.of(
            asked.stream().map(Captioning::caption).toList(),
            asked.stream().map(Captioning::people).toList());
    double[] bleu = Bleu.of(images);
    double[] each = Cider.of(images);
    double cider = Arrays.stream(each).average().orElseThrow();
    ObjectNode figures = Json.object().put("images", images.size()).put("cider", cider);
    StringBuilder text = new StringBuilder();
    for (int n = 1; n <= bleu.length; n++) {
      text.append("Bleu_%d: %s\n".formatted(n, PythonNumbers.fixed(bleu[n - 1], 3)));
      figures.put("bleu_" + n, bleu[n - 1]);
    }
    text.append("CIDEr: %s\n".formatted(PythonNumbers.fixed(cider, 3)));
    List<Mark> marks = new ArrayList<>();
    for (int i = 0; i < each.length; i++) {
      References.Asked one = asked.get(i);
      // CIDEr's scale ends at 10.
      marks.add(new Mark(one.id(), one.category(), OptionalDouble.of(each[i] / 10)));
    }
    return Score.of(text.toString(), figures)
        .marked(new Score.Headline("CIDEr", cider * 100, "points"), marks);
  }

  private static String caption(References.Asked one) {
    String answer = one.answer();
    if (answer == null) {
      throw new DataException(
          one.where() + ": no caption of this image; caption all of them, which CIDEr compares");
    }
    return answer;
  }

  private static List<String> people(References.Asked one) {
    if (one.references().isEmpty()) {
      throw new DataException(one.where() + ": no captions under 'answer' (expected at least one)");
    }
    return one.references();
  }
}
