package dev.jlava.eval.judge;

import dev.jlava.eval.chat.ChatException;
import dev.jlava.eval.chat.ChatModel;
import dev.jlava.eval.chat.ChatReply;
import dev.jlava.eval.chat.ChatRequest;
import dev.jlava.eval.chat.RequestHash;
import dev.jlava.eval.judge.Pair.Order;
import dev.jlava.eval.judge.ScoreReader.Scores;
import dev.jlava.eval.judge.ScoreReader.Unread;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Asks a model for its verdict on pairs of answers.
public final class Judge {
  /// How it is asked.
  ///
  /// @param compat reads scores by LLaVA's rule alone
  /// @param orders each is asked
  /// @param samples how often each order is asked
  /// @param seed for endpoints that know seeds
  public record Settings(
      boolean compat,
      List<Order> orders,
      int samples,
      double temperature,
      int maxTokens,
      @Nullable Long seed) {
    /// As LLaVA asks: the reference first, once.
    public static final Settings LLAVA =
        new Settings(true, List.of(Order.REFERENCE_FIRST), 1, 0.2, 1024, null);

    /// Both orders.
    public static final Settings STANDARD =
        new Settings(false, List.of(Order.values()), 1, 0.2, 1024, null);

    public Settings {
      orders = List.copyOf(orders);
    }
  }

  /// What came back, in the order of pairs, orders and samples.
  public record Verdicts(List<Verdict> given, List<Verdict.Missing> missing) {
    public Verdicts {
      given = List.copyOf(given);
      missing = List.copyOf(missing);
    }
  }

  private final ChatModel model;
  private final String system;
  private final Settings settings;

  public Judge(ChatModel model, String system, Settings settings) {
    this.model = model;
    this.system = system;
    this.settings = settings;
  }

  /// How many verdicts a pair gets.
  public int verdictsPerPair() {
    return settings.orders().size() * settings.samples();
  }

  /// One question to the judge.
  private record Asked(Pair pair, Order order, int sample) {}

  /// A verdict, or why it did not come.
  private record Answered(@Nullable Verdict verdict, Verdict.@Nullable Missing missing) {}

  /// Every verdict on every pair. Where the judge gives no reply, the verdict is missing; the
  /// others are asked for all the same.
  ///
  /// @param progress is run after each, by several threads
  public Verdicts on(List<Pair> pairs, Runnable progress) throws InterruptedException {
    List<Future<Answered>> asked = new ArrayList<>();
    List<Verdict> given = new ArrayList<>();
    List<Verdict.Missing> missing = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newFixedThreadPool(model.concurrency(), Thread.ofVirtual().factory())) {
      for (Asked one : all(pairs)) {
        asked.add(
            threads.submit(() -> {
              Answered answered = ask(one);
              progress.run();
              return answered;
            }));
      }
      try {
        for (Future<Answered> future : asked) {
          Answered answered = future.get();
          Optional.ofNullable(answered.verdict()).ifPresent(given::add);
          Optional.ofNullable(answered.missing()).ifPresent(missing::add);
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw e.getCause() instanceof RuntimeException own ? own : new IllegalStateException(e);
      } catch (InterruptedException e) {
        threads.shutdownNow();
        throw e;
      }
    }
    return new Verdicts(given, missing);
  }

  private List<Asked> all(List<Pair> pairs) {
    List<Asked> all = new ArrayList<>();
    for (Pair pair : pairs) {
      for (Order order : settings.orders()) {
        for (int sample = 0; sample < settings.samples(); sample++) {
          all.add(new Asked(pair, order, sample));
        }
      }
    }
    return all;
  }

  private Answered ask(Asked one) throws InterruptedException {
    ChatRequest request =
        new ChatRequest(
            one.pair().messages(system, one.order()),
            settings.temperature(),
            settings.maxTokens(),
            settings.seed(),
            one.sample());
    String hash = RequestHash.of(model.name(), request);
    try {
      return new Answered(verdict(one, hash, model.reply(request)), null);
    } catch (ChatException e) {
      return new Answered(
          null,
          new Verdict.Missing(
              one.pair(), one.order(), one.sample(), hash, String.valueOf(e.getMessage())));
    }
  }

  private Verdict verdict(Asked one, String hash, ChatReply reply) {
    ScorePair scores = ScorePair.FAILED;
    Optional<String> failure = Optional.empty();
    if (settings.compat()) {
      scores = ScorePair.parse(reply.text());
      failure = scores.failed() ? Optional.of("no scores by LLaVA's rule") : failure;
    } else {
      switch (new ScoreReader(one.pair().rule().role()).read(reply.text())) {
        case Scores(double first, double second) ->
            scores =
                one.order() == Order.REFERENCE_FIRST
                    ? new ScorePair(first, second)
                    : new ScorePair(second, first);
        case Unread(String why) -> failure = Optional.of(why);
      }
    }
    return new Verdict(one.pair(), one.order(), one.sample(), hash, reply, scores, failure);
  }
}
