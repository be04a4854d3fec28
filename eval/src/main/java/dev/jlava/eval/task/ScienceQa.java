package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.eval.json.Json;
import dev.jlava.eval.json.Row;
import dev.jlava.eval.task.ScienceProblems.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// ScienceQA: choices with and without an image (Lu et al. 2022), as LLaVA's `eval_science_qa.py`
/// scores it. A problem without an answer counts as wrong; problems whose prompt holds `<image>`
/// are the image split.
final class ScienceQa implements Task {
  private static final Input ANSWERS =
      Input.answers("Answers: question_id, prompt and text, a line each.");
  private static final Input ANALYSIS =
      Input.optional("analysis", "FILE", "Where to write each right and each wrong answer.");
  private static final Input RESULT =
      Input.optional("result", "FILE", "Where to write accuracy, choices and answers.");

  @Override
  public String name() {
    return "science_qa";
  }

  @Override
  public String summary() {
    return "Choices in science: accuracy over all problems and over those with an image.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(ANSWERS, ScienceProblems.ANNOTATIONS, ScienceProblems.SPLIT, ANALYSIS, RESULT);
  }

  @Override
  public Optional<Asking> asking() {
    return Optional.of(new ScienceQuestions());
  }

  @Override
  public Score score(Given given) {
    Map<String, Row> answers = Row.byId(Json.lines(given.paths(ANSWERS)), "question_id");
    Tally tally = new Tally();
    ScienceProblems.read(given)
        .byId()
        .forEach((id, one) -> {
          if (given.wasAsked(id)) {
            tally.add(id, one, answers.get(id));
          }
        });
    return tally
        .score()
        .writing(
            Stream.concat(
                    output(given.optionalPath(ANALYSIS), tally.analysis),
                    output(given.optionalPath(RESULT), tally.result()))
                .toList());
  }

  private static Stream<Score.Output> output(Optional<Path> file, ObjectNode content) {
    return file.stream().map(path -> new Score.Output(path, Json.prettyBytes(content)));
  }

  /// Right and wrong answers so far.
  private static final class Tally {
    private final ObjectNode analysis = Json.object();
    private final ArrayNode correct = analysis.putArray("correct");
    private final ArrayNode incorrect = analysis.putArray("incorrect");
    private final ObjectNode choices = Json.object();
    private final ObjectNode outputs = Json.object();
    private final List<Mark> marks = new ArrayList<>();
    private int imageCorrect;
    private int imageTotal;
    private int unanswered;

    void add(String id, Problem problem, @Nullable Row answer) {
      String text = answer == null ? ChoiceLetter.FAILED : answer.text("text");
      String prompt = answer == null ? "Unknown" : answer.text("prompt");
      String letter = ChoiceLetter.of(text);
      int index = ChoiceLetter.index(letter, problem.choices());
      boolean right = index == problem.answer();
      boolean image = prompt.contains("<image>");
      ObjectNode one = (right ? correct : incorrect).addObject();
      one.put("question_id", id).put("parsed_ans", letter).put("ground_truth", problem.letter());
      one.put("question", prompt).put("pred", text).put("is_multimodal", image);
      choices.put(id, index);
      outputs.put(id, text);
      marks.add(Mark.of(id, image ? "image" : "no image", right));
      imageTotal += image ? 1 : 0;
      imageCorrect += image && right ? 1 : 0;
      unanswered += answer == null ? 1 : 0;
    }

    private int total() {
      return correct.size() + incorrect.size();
    }

    private double accuracy() {
      return Figures.share(correct.size(), total());
    }

    ObjectNode result() {
      ObjectNode result = Json.object();
      Figures.put(result, "acc", accuracy() * 100);
      result.put("correct", correct.size()).put("count", total());
      result.set("results", choices);
      result.set("outputs", outputs);
      return result;
    }

    Score score() {
      double imageAccuracy = Figures.share(imageCorrect, imageTotal);
      ObjectNode figures = Json.object().put("total", total()).put("correct", correct.size());
      Figures.put(figures, "accuracy", accuracy());
      figures.put("image_total", imageTotal).put("image_correct", imageCorrect);
      Figures.put(figures, "image_accuracy", imageAccuracy);
      figures.put("unanswered", unanswered);
      String text =
          "Total: %d, Correct: %d, Accuracy: %s%%, IMG-Accuracy: %s%%\n"
              .formatted(
                  total(),
                  correct.size(),
                  Figures.percent(accuracy()),
                  Figures.percent(imageAccuracy));
      return Score.of(text, figures)
          .noting(notes())
          .marked(Score.Headline.percent("accuracy", accuracy()), marks);
    }

    private List<String> notes() {
      List<String> notes = new ArrayList<>();
      if (unanswered > 0) {
        notes.add(unanswered + " problems have no answer and count as wrong");
      }
      if (imageTotal == 0) {
        notes.add("IMG-Accuracy is not defined: no prompt holds <image>");
      }
      return notes;
    }
  }
}
