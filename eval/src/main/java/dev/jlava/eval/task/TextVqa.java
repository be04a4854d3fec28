package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.DataException;
import dev.jlava.eval.compat.PythonText;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// TextVQA: questions about text in images (Singh et al. 2019), as LLaVA's `eval_textvqa.py` scores
/// it. An answer finds its people's answers by image and question, which the prompt holds.
final class TextVqa implements Task {
  private static final Input ANSWERS =
      Input.answers("Answers: question_id (the image's id), prompt and text, a line each.");
  private static final Input ANNOTATIONS =
      Input.one("annotations", "FILE", "TextVQA's JSON: data with image_id, question, answers.");

  private static final Pattern EMBEDDED =
      Pattern.compile("Question: (.*?) Short answer:", Pattern.DOTALL);

  @Override
  public String name() {
    return "textvqa";
  }

  @Override
  public String summary() {
    return "Questions about text in images: soft accuracy over ten people's answers.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, ANNOTATIONS);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(new AnnotatedQuestions(ANNOTATIONS, TextVqa::rows, false));
  }

  /// The questions of TextVQA's own file. LLaVA's question file also shows the words that a text
  /// recogniser found in each image.
  private static List<Row> rows(Path file) {
    return Json.file(file).list("data").stream()
        .map(row ->
            QuestionFile.row(
                row,
                row.value("image_id"),
                row.id("image_id") + ".jpg",
                QuestionFile.briefly(row.text("question"))))
        .toList();
  }

  @Override
  public Score score(Given given) {
    Map<Key, Row> annotations = annotations(given.path(ANNOTATIONS));
    StringBuilder text = new StringBuilder();
    ObjectNode figures = Json.object();
    List<Mark> marks = new ArrayList<>();
    for (Path file : given.paths(ANSWERS)) {
      List<Row> answers = Json.lines(file);
      List<Mark> values = marks(answers, annotations);
      double accuracy = mean(values);
      marks.addAll(values);
      String name = withoutExtension(file);
      text.append("%s\nSamples: %d\n".formatted(name, answers.size()));
      text.append("Accuracy: %s%%\n\n".formatted(Figures.percent(accuracy)));
      Figures.put(figures.putObject(name).put("samples", answers.size()), "accuracy", accuracy);
    }
    return Score.of(text.toString(), figures)
        .marked(Score.Headline.percent("accuracy", mean(marks)), marks);
  }

  private record Key(String image, String question) {}

  private static Map<Key, Row> annotations(Path file) {
    Map<Key, Row> byQuestion = new HashMap<>();
    for (Row row : Json.file(file).list("data")) {
      byQuestion.put(new Key(row.id("image_id"), PythonText.lower(row.text("question"))), row);
    }
    return byQuestion;
  }

  private static double mean(List<Mark> marks) {
    double sum = 0;
    for (Mark mark : marks) {
      sum += mark.value().orElseThrow();
    }
    return marks.isEmpty() ? Double.NaN : sum / marks.size();
  }

  private static List<Mark> marks(List<Row> answers, Map<Key, Row> annotations) {
    List<Mark> marks = new ArrayList<>();
    for (Row answer : answers) {
      Key key = new Key(answer.id("question_id"), question(answer));
      Row annotation = annotations.get(key);
      if (annotation == null) {
        throw new DataException(
            "%s: the annotations have no question '%s' about image %s; are they of another split?"
                .formatted(answer.where(), key.question(), key.image()));
      }
      double value = VqaAccuracy.of(answer.text("text"), people(annotation));
      marks.add(Mark.of(key.image(), "", value));
    }
    return marks;
  }

  private static List<String> people(Row annotation) {
    List<String> people = annotation.texts("answers");
    if (people.size() != VqaAccuracy.PEOPLE) {
      throw new DataException(
          "%s: %d answers (expected %d)"
              .formatted(annotation.where(), people.size(), VqaAccuracy.PEOPLE));
    }
    return people;
  }

  /// The question inside a prompt, in lower case. Prompts have one of three forms: a sentence with
  /// `OCR tokens` and `Question`; question and instruction; these two around a line of OCR tokens.
  private static String question(Row answer) {
    String prompt = answer.text("prompt");
    List<String> lines = PythonText.split(prompt, '\n');
    String question = null;
    if (prompt.startsWith("OCR tokens: ")) {
      Matcher embedded = EMBEDDED.matcher(prompt);
      question = embedded.find() ? embedded.group(1) : null;
    } else if (prompt.contains("Reference OCR token: ") && lines.size() == 3) {
      question = lines.get(prompt.startsWith("Reference OCR token:") ? 1 : 0);
    } else if (lines.size() == 2) {
      question = lines.getFirst();
    }
    if (question == null) {
      throw answer.wrong(
          "no question in the prompt",
          answer.value("prompt"),
          "QUESTION\\nINSTRUCTION, with a line 'Reference OCR token: …' before or between, or 'OCR"
              + " tokens: … Question: … Short answer:'");
    }
    return PythonText.lower(question);
  }

  private static String withoutExtension(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
