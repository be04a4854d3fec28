package dev.jlava.eval.task;

import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Questions of a benchmark whose release holds them beside their right answers. LLaVA's question
/// file, where one is given, is asked in their place.
///
/// @param annotations the release
/// @param own its questions as rows in LLaVA's format, with LLaVA's instruction
/// @param pairs whether questions with one id count only together, as MME's about an image do
record AnnotatedQuestions(Input annotations, Function<Path, List<Row>> own, boolean pairs)
    implements Asking {
  static final Input QUESTIONS =
      Input.optional(
          "questions", "FILE", "LLaVA's question file; if absent, annotations hold the questions.");

  @Override
  public List<Input> inputs() {
    return List.of(annotations, QUESTIONS, QuestionFile.IMAGES);
  }

  @Override
  public int maxNewTokens() {
    return QuestionFile.SHORT_ANSWER;
  }

  @Override
  public List<Item> items(Given given) {
    return items(given, rows(given));
  }

  /// Some of the questions.
  List<Item> items(Given given, List<Row> rows) {
    Path file = given.optionalPath(QUESTIONS).orElseGet(() -> given.path(annotations));
    Optional<Path> images = given.optionalPath(QuestionFile.IMAGES);
    List<Item> items = QuestionFile.read(file, rows, images);
    return pairs ? items.stream().map(item -> item.inGroup(item.id().asText())).toList() : items;
  }

  /// The questions, in order.
  List<Row> rows(Given given) {
    return given
        .optionalPath(QUESTIONS)
        .map(Json::lines)
        .orElseGet(() -> own.apply(given.path(annotations)));
  }
}
