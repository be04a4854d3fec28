package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// SEED-Bench's questions, from its own file or LLaVA's. Images are `SEED-Bench-image/DATA_ID`; a
/// video is shown by the frame that LLaVA's `extract_video_frames.py` saves as
/// `SEED-Bench-video-image/TYPE_ID.png`.
record SeedQuestions() implements Asking {
  static final Input ANNOTATIONS =
      Input.one("annotations", "FILE", "SEED-Bench.json: question_type and questions.");
  static final Input SPLIT = Input.optional("split", "image|video", "Questions of one kind alone.");

  private static final List<String> KINDS = List.of("image", "video");
  private static final AnnotatedQuestions FILES =
      new AnnotatedQuestions(ANNOTATIONS, file -> rows(Json.file(file)), false);

  @Override
  public List<Input> inputs() {
    return Stream.concat(FILES.inputs().stream(), Stream.of(SPLIT)).toList();
  }

  @Override
  public int maxNewTokens() {
    return FILES.maxNewTokens();
  }

  @Override
  public List<Item> items(Given given) {
    Set<String> ids =
        questions(Json.file(given.path(ANNOTATIONS)), given).stream()
            .map(question -> question.id("question_id"))
            .collect(Collectors.toSet());
    return FILES.items(
        given,
        FILES.rows(given).stream().filter(row -> ids.contains(row.id("question_id"))).toList());
  }

  /// The questions of SEED-Bench's file, of the kind that is asked for.
  static List<Row> questions(Row annotations, Given given) {
    Optional<String> kind = given.text(SPLIT);
    if (!KINDS.containsAll(kind.stream().toList())) {
      throw new DataException(
          "seed_bench: split: not known (found %s, allowed %s)".formatted(kind.get(), KINDS));
    }
    return annotations.list("questions").stream()
        .filter(row -> kind.isEmpty() || row.text("data_type").equals(kind.get()))
        .toList();
  }

  /// The names of the types of questions.
  static Map<Integer, String> types(Row annotations) {
    Row types = annotations.object("question_type");
    Map<Integer, String> names = new TreeMap<>();
    types.entries().keySet().forEach(name -> names.put(types.integer(name), name));
    return names;
  }

  private static List<Row> rows(Row annotations) {
    Map<Integer, String> types = types(annotations);
    return annotations.list("questions").stream().map(question -> row(question, types)).toList();
  }

  private static Row row(Row question, Map<Integer, String> types) {
    int type = question.integer("question_type_id");
    String image =
        question.text("data_type").equals("video")
            ? "SEED-Bench-video-image/%d_%s.png".formatted(type, question.id("question_id"))
            : "SEED-Bench-image/" + question.text("data_id");
    List<String> choices =
        Stream.of("choice_a", "choice_b", "choice_c", "choice_d").map(question::id).toList();
    String text = ChoiceFile.prompt(question.text("question"), choices);
    Row row = QuestionFile.row(question, id(question), image, text);
    ((ObjectNode) row.json())
        .put("category", types.getOrDefault(type, ""))
        .put("answer", question.text("answer"));
    return row;
  }

  /// As LLaVA's answers have it: a number where it is one.
  private static JsonNode id(Row question) {
    String id = question.id("question_id");
    return id.matches("\\d{1,18}")
        ? new LongNode(Long.parseLong(id))
        : question.value("question_id");
  }
}
