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
import java.util.List;
import java.util.Map;

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

  /// What an answer took.
  record Answered(Answer answer, int promptTokens) {}

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

  /// Answers questions together.
  ///
  /// @param first place of the first one among the task's, which draws of its own go by
  List<Answered> answer(List<Asked> asked, int maxNewTokens, int first) {
    List<Prompt> read =
        asked.stream()
            .map(one -> prompts.conversation(template, one.turns(), one.images()))
            .toList();
    pixels.clear();
    List<AnswerSettings> settings = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      Sampling sampling =
          new Sampling(generation.temperature(), 0, 1, 1, generation.seed() + first + i);
      settings.add(new AnswerSettings(maxNewTokens, sampling, template.stopStrings(), false));
    }
    List<Answer> answers = answerer.answer(read, settings);
    List<Answered> all = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      all.add(new Answered(answers.get(i), read.get(i).length(tokensPerImage)));
    }
    return all;
  }
}
