package dev.jlava.eval.task;

import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.engine.Engine;
import dev.jlava.generate.AnswerSettings;
import dev.jlava.generate.Answerer;
import dev.jlava.generate.Generator;
import dev.jlava.generate.Prompts;
import dev.jlava.generate.Sampling;
import dev.jlava.model.VisionLanguageModel;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/// Asks a model questions, each about an image, greedily, and compares each answer with its
/// reference.
public final class QuestionAnswering {
  private static final int MAX_NEW_TOKENS = 48;
  private static final int AT_ONCE = 16;

  private final Template template;
  private final Tokenizer tokenizer;
  private final ImageProcessor images;
  private final Path directory;

  /// @param directory the model's, which says what its end-of-sequence tokens are
  public QuestionAnswering(
      Template template, Tokenizer tokenizer, ImageProcessor images, Path directory) {
    this.template = template;
    this.tokenizer = tokenizer;
    this.images = images;
    this.directory = directory;
  }

  /// The model's answers.
  public Evaluation evaluate(
      Engine engine, VisionLanguageModel model, List<Item> questions, String label) {
    return run(engine, model, questions, label, false, images::process);
  }

  /// The answers of a model that sees the mean colour in place of every image: what can be answered
  /// without looking.
  public Evaluation evaluateBlind(
      Engine engine, VisionLanguageModel model, List<Item> questions, String label) {
    float[] blank = new float[3 * images.height() * images.width()];
    return run(engine, model, questions, label, true, image -> blank);
  }

  private Evaluation run(
      Engine engine,
      VisionLanguageModel model,
      List<Item> questions,
      String label,
      boolean control,
      Function<Path, float[]> pixels) {
    long start = System.nanoTime();
    Prompts prompts = new Prompts(tokenizer, pixels);
    Answerer answerer = new Answerer(new Generator(engine, model), tokenizer, directory);
    AnswerSettings settings =
        new AnswerSettings(MAX_NEW_TOKENS, Sampling.GREEDY, template.stopStrings(), false);
    Iterator<Answerer.Asked> asked =
        questions.stream()
            .map(one ->
                new Answerer.Asked(
                    prompts.question(template, one.prompt(), one.images()), settings))
            .iterator();
    Evaluation.Answered[] answers = new Evaluation.Answered[questions.size()];
    answerer.answer(
        asked,
        AT_ONCE,
        (place, answer, seconds) ->
            answers[place] = answered(questions.get(place), answer.text().strip()));
    return new Evaluation(label, control, (System.nanoTime() - start) / 1e9, List.of(answers));
  }

  private static Evaluation.Answered answered(Item question, String answer) {
    return new Evaluation.Answered(
        question.id().asText(),
        question.images().getFirst().toString(),
        question.category(),
        question.question(),
        question.answer(),
        answer,
        ExactMatch.isRight(answer, question.answer()));
  }
}
