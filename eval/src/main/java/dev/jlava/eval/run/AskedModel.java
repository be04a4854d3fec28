package dev.jlava.eval.run;

import dev.jlava.data.conversation.Template;
import dev.jlava.data.conversation.Turn;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Engine;
import dev.jlava.eval.task.Item;
import dev.jlava.generate.Answer;
import dev.jlava.generate.AnswerSettings;
import dev.jlava.generate.Answerer;
import dev.jlava.generate.Generator;
import dev.jlava.generate.Prompt;
import dev.jlava.generate.Prompts;
import dev.jlava.generate.Sampling;
import dev.jlava.model.LanguageModel;
import dev.jlava.model.LlavaFiles;
import dev.jlava.model.ModelCard;
import dev.jlava.recipe.EvalRecipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// A model with all that asking it takes: template, tokenizer, image processor.
final class AskedModel {
  private final Template template;
  private final EvalRecipe.Generation generation;
  private final Prompts prompts;
  private final Answerer answerer;
  private final int tokensPerImage;
  private final Once<ImageProcessor> images;
  private final Map<Path, float[]> pixels = new HashMap<>();

  /// Valid while the model's weights stay where they are.
  ///
  /// @param card says how images become squares
  AskedModel(Engine engine, LanguageModel model, LlavaFiles files, ModelCard card, Manner manner) {
    this.template = manner.template();
    this.generation = manner.generation();
    Tokenizer tokenizer = Tokenizers.load(files.decoder());
    this.images = new Once<>(() -> ImageProcessor.load(files.vision(), card.aspect()));
    this.prompts = new Prompts(tokenizer, this::pixels);
    this.answerer = new Answerer(new Generator(engine, model), tokenizer, files.decoder());
    this.tokensPerImage = model.tokensPerImage();
  }

  /// How it is asked.
  record Manner(Template template, EvalRecipe.Generation generation) {}

  private float[] pixels(Path image) {
    return pixels.computeIfAbsent(image, images.get()::process);
  }

  /// A question as the model reads it.
  ///
  /// @param images those of the examples, then the question's
  /// @param rendered the whole text
  record Asked(Item item, List<Turn> turns, List<Path> images, String rendered) {}

  /// An answer, and what it took.
  ///
  /// @param index of its question among those asked
  record Answered(int index, Answer answer, int promptTokens, double seconds) {}

  /// Puts a question behind its examples.
  Asked put(Item item, List<Item> examples) {
    List<Turn> turns = new ArrayList<>();
    List<Path> all = new ArrayList<>();
    for (Item example : examples) {
      turns.add(Prompts.asking(example.prompt(), example.images().size()));
      turns.add(new Turn(Turn.Role.ASSISTANT, example.answer()));
      all.addAll(example.images());
    }
    turns.add(Prompts.asking(item.prompt(), item.images().size()));
    all.addAll(item.images());
    return new Asked(item, turns, all, prompts.rendered(template, turns));
  }

  /// Answers questions, as many at once as the batch of the evaluation.
  ///
  /// @param places of the questions among the task's, which draws of their own go by
  /// @param answered hears of each as soon as it has ended
  void answer(
      List<Asked> asked, List<Integer> places, int maxNewTokens, Consumer<Answered> answered) {
    int[] lengths = new int[asked.size()];
    Iterator<Answerer.Asked> prompts =
        IntStream.range(0, asked.size())
            .mapToObj(i -> {
              Prompt prompt = prompt(asked.get(i));
              lengths[i] = prompt.length(tokensPerImage);
              return new Answerer.Asked(prompt, settings(maxNewTokens, places.get(i)));
            })
            .iterator();
    answerer.answer(
        prompts,
        generation.batch(),
        (index, answer, seconds) ->
            answered.accept(new Answered(index, answer, lengths[index], seconds)));
  }

  /// Images of the question before are kept for the next one about them.
  private Prompt prompt(Asked one) {
    pixels.keySet().retainAll(one.images());
    return prompts.conversation(template, one.turns(), one.images());
  }

  private AnswerSettings settings(int maxNewTokens, int place) {
    Sampling sampling = new Sampling(generation.temperature(), 0, 1, 1, generation.seed() + place);
    return new AnswerSettings(maxNewTokens, sampling, template.stopStrings(), false);
  }
}
