package dev.jlava.eval.chat;

import dev.jlava.data.DataException;
import dev.jlava.data.conversation.Rendered;
import dev.jlava.data.conversation.Template;
import dev.jlava.data.image.ImageProcessor;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.eval.chat.ChatException.Reach;
import dev.jlava.eval.chat.ChatMessage.Image;
import dev.jlava.eval.chat.ChatMessage.Text;
import dev.jlava.eval.chat.ChatReply.Usage;
import dev.jlava.eval.json.Folder;
import dev.jlava.generate.Answer;
import dev.jlava.generate.AnswerSettings;
import dev.jlava.generate.Answerer;
import dev.jlava.generate.Generator;
import dev.jlava.generate.Prompt;
import dev.jlava.generate.Prompts;
import dev.jlava.generate.Sampling;
import dev.jlava.model.ModelCard;
import dev.jlava.model.ModelException;
import dev.jlava.train.ModelSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A model on this machine, which answers one request at a time. The model's template has a system
/// text of its own, so a system message goes in front of the first question; an `<image>` in a text
/// is no image and is written `[image]`.
public final class LocalChatModel implements ChatModel {
  private final String name;
  private final Spending spending;
  private final Engine engine;
  private final Scope scope = new Scope();
  private final Answerer answerer;
  private final Prompts prompts;
  private final Template template;

  /// A model.
  ///
  /// @param path as it was named: a directory, or a hub id
  public record Named(Path path, ModelSource source) {}

  /// Loads it; the model ends with [#close].
  public LocalChatModel(Named model, Device device, ScalarType type, Spending spending) {
    this.spending = spending;
    ModelSource source = model.source();
    ModelCard card = source.card();
    this.template = card.template().orElseThrow(() -> noTemplate(model.path()));
    this.name = model.path().getFileName() + "@" + fingerprint(source);
    Tokenizer tokenizer = Tokenizers.load(source.files().decoder());
    this.prompts =
        new Prompts(
            tokenizer,
            image -> ImageProcessor.load(source.files().vision(), card.aspect()).process(image));
    this.engine = Engine.start(device, 0);
    Generator generator = new Generator(engine, source.load(engine, scope, type));
    this.answerer = new Answerer(generator, tokenizer, source.files().decoder());
  }

  private static ModelException noTemplate(Path path) {
    return new ModelException(
        path
            + ": does not say which template its model was trained with; write it into "
            + path.resolve("jlava.json")
            + ": {\"template\": \"vicuna_v1\"}");
  }

  /// Changes when a file of the model does.
  private static String fingerprint(ModelSource source) {
    StringBuilder text = new StringBuilder();
    source.places().forEach(place -> list(place, text));
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return RequestHash.sha256(bytes).substring(0, 12);
  }

  private static void list(Path place, StringBuilder text) {
    try {
      for (Path file : Folder.files(place)) {
        text.append(place.relativize(file))
            .append(' ')
            .append(Files.size(file))
            .append(' ')
            .append(Files.getLastModifiedTime(file))
            .append('\n');
      }
    } catch (IOException e) {
      throw new ModelException(place + ": cannot be listed (" + e + ")", e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int concurrency() {
    return 1;
  }

  @Override
  public synchronized ChatReply reply(ChatRequest request) throws InterruptedException {
    Usage estimate = ChatJson.estimate(request);
    spending.begin(estimate);
    Usage used = Usage.NONE;
    try {
      ChatReply reply = answer(request);
      used = reply.usage();
      return reply;
    } catch (DataException e) {
      throw new ChatException(Reach.REQUEST, name + ": " + e.getMessage());
    } finally {
      spending.end(estimate, used);
    }
  }

  private ChatReply answer(ChatRequest request) {
    long start = System.nanoTime();
    Long seed = request.sampleSeed();
    Sampling sampling =
        new Sampling(request.temperature(), 0, 1, 1, seed == null ? request.sample() : seed);
    AnswerSettings settings =
        new AnswerSettings(request.maxTokens(), sampling, template.stopStrings(), false);
    Prompt prompt = prompt(request);
    Answer answer = answerer.answer(prompt, settings, text -> {});
    Usage usage = new Usage(prompt.ids().length, answer.newIds().length, false);
    double seconds = (System.nanoTime() - start) / 1e9;
    return new ChatReply(answer.text(), finish(answer.ending()), usage, seconds, false);
  }

  private static String finish(Answer.Ending ending) {
    return switch (ending) {
      case END, STOP -> "stop";
      case LENGTH, POSITIONS -> "length";
    };
  }

  private Prompt prompt(ChatRequest request) {
    StringBuilder text = new StringBuilder();
    List<Path> images = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      if (message.role() == ChatMessage.Role.ASSISTANT) {
        throw new DataException("a local model takes one question, without earlier answers");
      }
      for (ChatMessage.Part part : message.parts()) {
        switch (part) {
          case Text(String piece) ->
              text.append(text.isEmpty() ? "" : "\n\n")
                  .append(piece.replace(Rendered.IMAGE, "[image]"));
          case Image(Path file) -> images.add(file);
        }
      }
    }
    return prompts.question(template, text.toString(), images);
  }

  @Override
  public synchronized void close() {
    scope.close();
    engine.close();
  }
}
