package dev.jlava.generate;

import dev.jlava.data.token.Tokenizer;
import dev.jlava.generate.Answer.Ending;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;

/// A model that answers prompts in text, up to its end-of-sequence token or a stop text.
public final class Answerer {
  private final Generator generator;
  private final Tokenizer tokenizer;
  private final Set<Integer> eos;

  /// @param directory the model's, which says what its end-of-sequence tokens are
  public Answerer(Generator generator, Tokenizer tokenizer, Path directory) {
    this.generator = generator;
    this.tokenizer = tokenizer;
    this.eos = EndTokens.read(directory, tokenizer);
  }

  /// Answers a prompt.
  ///
  /// @param stream receives the answer's text piece by piece, each as soon as it is certain
  public Answer answer(Prompt prompt, AnswerSettings settings, Consumer<String> stream) {
    Reply reply = new Reply(settings, stream);
    int[] ids = generator.generate(reply.request(prompt));
    stream.accept(reply.text.rest());
    return reply.answer(ids);
  }

  /// A prompt to answer.
  public record Asked(Prompt prompt, AnswerSettings settings) {}

  /// Receives the answers.
  public interface Answers {
    /// One has ended.
    ///
    /// @param place of its prompt among all, from 0
    /// @param seconds its share of the time
    void ended(int place, Answer answer, double seconds);
  }

  /// Answers prompts, which are taken one by one as there is room for them.
  ///
  /// @param width most answers that grow at once
  public void answer(Iterator<Asked> prompts, int width, Answers answers) {
    Map<Integer, Reply> replies = new HashMap<>();
    Iterator<Generator.Request> requests =
        new Iterator<>() {
          private int place;

          @Override
          public boolean hasNext() {
            return prompts.hasNext();
          }

          @Override
          public Generator.Request next() {
            Asked asked = prompts.next();
            Reply reply = new Reply(asked.settings(), text -> {});
            replies.put(place++, reply);
            return reply.request(asked.prompt());
          }
        };
    generator.generate(
        requests,
        width,
        one -> {
          Reply reply = Objects.requireNonNull(replies.remove(one.place()));
          answers.ended(one.place(), reply.answer(one.ids()), one.seconds());
        });
  }

  /// One answer as it grows.
  private final class Reply {
    private final AnswerSettings settings;
    private final Consumer<String> stream;
    private final AnswerText text;
    private final Set<Integer> stopTokens;
    private boolean ended;
    private boolean stopped;

    Reply(AnswerSettings settings, Consumer<String> stream) {
      this.settings = settings;
      this.stream = stream;
      this.text = new AnswerText(tokenizer, settings.stops());
      this.stopTokens = stopTokens(settings.stops());
    }

    /// Stop texts that are tokens which decoding skips, and so never show in the text.
    private Set<Integer> stopTokens(List<String> stops) {
      Set<Integer> found = new HashSet<>();
      for (String stop : stops) {
        OptionalInt id = tokenizer.idOf(stop);
        if (id.isPresent() && tokenizer.decode(new int[] {id.getAsInt()}, true).isEmpty()) {
          found.add(id.getAsInt());
        }
      }
      found.removeAll(eos);
      return found;
    }

    Generator.Request request(Prompt prompt) {
      return new Generator.Request(
          prompt, settings.maxNewTokens(), settings.sampling(), this::goesOn);
    }

    Answer answer(int[] ids) {
      return new Answer(ids, text.text(), ending(ids.length));
    }

    boolean goesOn(int id) {
      ended = eos.contains(id) && !settings.ignoreEos();
      stopped = stopTokens.contains(id);
      if (ended || stopped) {
        return false;
      }
      stream.accept(text.add(id));
      stopped = text.stopped();
      return !stopped;
    }

    Ending ending(int length) {
      if (ended) {
        return Ending.END;
      }
      if (stopped) {
        return Ending.STOP;
      }
      return length < settings.maxNewTokens() ? Ending.POSITIONS : Ending.LENGTH;
    }
  }
}
