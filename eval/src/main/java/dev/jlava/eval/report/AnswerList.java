package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.page.Format;
import dev.jlava.eval.page.Pictures;
import dev.jlava.eval.page.Questions;
import dev.jlava.eval.page.Questions.State;
import dev.jlava.eval.page.Questions.Verdict;
import dev.jlava.eval.report.EvaluationFiles.Answers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Every question of an evaluation with the answers of all models, failures first.
final class AnswerList {
  private final EvaluationFiles files;
  private final List<TaskFigures> figures;
  private final List<int[]> failed = new ArrayList<>();
  private final Questions questions;

  /// @param pictures which takes in those of the questions, as long as there is room
  AnswerList(EvaluationFiles files, List<TaskFigures> figures, Pictures pictures) {
    this.files = files;
    this.figures = figures;
    List<Questions.Item> items = new ArrayList<>();
    for (int task = 0; task < figures.size(); task++) {
      failed.add(new int[files.models().size()]);
      items.addAll(items(task));
    }
    items.sort(Questions.worstFirst(-1));
    this.questions =
        new Questions(
            files.models().stream().map(m -> new Questions.Column(m.label(), false)).toList(),
            -1,
            items.stream().map(item -> item.picturing(pictures(item, pictures))).toList());
  }

  Questions questions() {
    return questions;
  }

  /// How many answers of each model to a task failed.
  List<Integer> failed(int task) {
    return Arrays.stream(failed.get(task)).boxed().toList();
  }

  private List<Integer> pictures(Questions.Item item, Pictures pictures) {
    int task = files.tasks().indexOf(item.task());
    return files
        .longest(task)
        .get(item.place() - 1)
        .json()
        .path("images")
        .valueStream()
        .map(image -> pictures.add(files.picture(image.path("path").asText())))
        .toList();
  }

  private List<Questions.Item> items(int task) {
    List<Map<String, List<Row>>> reviews = new ArrayList<>();
    files.models().forEach(model -> reviews.add(reviews(model.tasks().get(task))));
    List<Questions.Item> items = new ArrayList<>();
    for (Row line : files.longest(task)) {
      items.add(item(task, items.size(), line, reviews));
    }
    return items;
  }

  private static Map<String, List<Row>> reviews(Optional<Answers> answers) {
    Map<String, List<Row>> byQuestion = new HashMap<>();
    for (Row review : answers.map(Answers::reviews).orElse(List.of())) {
      byQuestion.computeIfAbsent(review.id("question_id"), id -> new ArrayList<>()).add(review);
    }
    return byQuestion;
  }

  private Questions.Item item(int task, int place, Row line, List<Map<String, List<Row>>> reviews) {
    String id = line.id("question_id");
    String question = line.json().path("question").asText(line.json().path("prompt").asText());
    String prompt = line.json().path("prompt").asText();
    List<Questions.@Nullable Answer> answers = new ArrayList<>();
    for (int model = 0; model < files.models().size(); model++) {
      List<Row> given =
          files.models().get(model).tasks().get(task).map(Answers::lines).orElse(List.of());
      answers.add(
          place < given.size()
              ? answer(
                  task,
                  model,
                  place,
                  given.get(place),
                  reviews.get(model).getOrDefault(id, List.of()))
              : null);
    }
    return new Questions.Item(
        files.tasks().get(task),
        id,
        place + 1,
        figures.get(task).category(place),
        question,
        prompt.equals(question) ? "" : prompt,
        reference(line.json().path("reference")),
        List.of(),
        answers);
  }

  /// One of several right answers, each once.
  private static String reference(JsonNode reference) {
    return reference.isArray()
        ? reference
            .valueStream()
            .map(JsonNode::asText)
            .distinct()
            .collect(Collectors.joining(" | "))
        : reference.asText("");
  }

  private Questions.Answer answer(int task, int model, int place, Row line, List<Row> reviews) {
    Double value = figures.get(task).value(model, place);
    String text = line.json().path("text").asText();
    boolean unread = reviews.stream().anyMatch(AnswerList::failed);
    State state = text.isBlank() || unread ? State.FAILED : State.of(value);
    if (state == State.FAILED) {
      failed.get(task)[model]++;
    }
    return Questions.Answer.of(
        text,
        state,
        value,
        note(line.json(), value),
        reviews.stream().map(AnswerList::verdict).toList());
  }

  private static boolean failed(Row review) {
    return review.json().hasNonNull("failure") || review.json().hasNonNull("error");
  }

  private static String note(JsonNode line, @Nullable Double value) {
    List<String> parts = new ArrayList<>();
    if (value != null && value > 0 && value < 1) {
      parts.add(Format.percent(value));
    }
    if (line.has("new_tokens")) {
      parts.add(line.path("new_tokens").asText() + " tokens");
    }
    if (line.has("seconds")) {
      parts.add(Format.seconds(line.path("seconds").asDouble()));
    }
    switch (line.path("ending").asText()) {
      case "length" -> parts.add("cut off at the longest answer allowed");
      case "positions" -> parts.add("cut off at the model's last position");
      default -> {}
    }
    return String.join(" · ", parts);
  }

  /// A verdict as it came, under its scores.
  static Verdict verdict(Row review) {
    JsonNode json = review.json();
    List<String> title = new ArrayList<>();
    if (json.has("tuple") && !failed(review)) {
      title.add(
          "reference %s, answer %s"
              .formatted(
                  Format.number(json.at("/tuple/0").asDouble()),
                  Format.number(json.at("/tuple/1").asDouble())));
    }
    title.add(json.path("order").asText("reference_first").replace('_', ' '));
    title.add("sample " + (json.path("sample").asInt() + 1));
    if (json.hasNonNull("failure")) {
      title.add("no scores: " + json.path("failure").asText());
    }
    String text =
        json.hasNonNull("error") ? json.path("error").asText() : json.path("content").asText();
    return new Verdict(String.join(" · ", title), text);
  }
}
