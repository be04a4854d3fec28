package dev.jlava.generate;

import dev.jlava.data.token.Tokenizer;
import dev.jlava.generate.Answer.Ending;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

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

  /// Answers several prompts together.
  ///
  /// @param settings of each prompt
  public List<Answer> answer(List<Prompt> prompts, List<AnswerSettings> settings) {
    List<Reply> replies = settings.stream().map(one -> new Reply(one, text -> {})).toList();
    List<Generator.Request> requests =
        IntStream.range(0, prompts.size())
            .mapToObj(i -> replies.get(i).request(prompts.get(i)))
            .toList();
    List<int[]> ids = generator.generate(requests);
    return IntStream.range(0, ids.size()).mapToObj(i -> replies.get(i).answer(ids.get(i))).toList();
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
