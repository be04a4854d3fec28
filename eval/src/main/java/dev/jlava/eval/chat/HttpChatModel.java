package dev.jlava.eval.chat;

import dev.jlava.eval.chat.ChatException.Reach;
import dev.jlava.eval.chat.ChatReply.Usage;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A model behind an OpenAI-compatible endpoint: `POST BASE_URL/chat/completions`.
///
/// Tried again, after a wait: no connection, no whole reply in time, a reply that is no chat
/// completion, and the statuses 408, 409, 425, 429 and 5xx. A status that every request would get
/// (3xx, 401 to 405, 501, a used-up quota, 400 where the endpoint wants `max_completion_tokens`)
/// ends all asking; any other is the request's own fault.
public final class HttpChatModel implements ChatModel {
  private static final Set<Integer> RETRIED = Set.of(408, 409, 425, 429);
  private static final Set<Integer> HOPELESS = Set.of(401, 402, 403, 404, 405, 501);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(15);
  private static final int LARGEST_REPLY = 16 << 20;
  private static final int EXCERPT = 300;

  private final Endpoint endpoint;
  private final Spending spending;
  private final Time time;
  private final Backoff backoff;
  private final RateLimit limit;
  private final Semaphore places;
  private final HttpClient client;
  private volatile @Nullable String hopeless;

  public HttpChatModel(Endpoint endpoint, Spending spending) {
    this(endpoint, spending, Time.SYSTEM);
  }

  HttpChatModel(Endpoint endpoint, Spending spending, Time time) {
    this.endpoint = endpoint;
    this.spending = spending;
    this.time = time;
    this.backoff =
        new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(1), new SplittableRandom());
    this.limit = new RateLimit(endpoint.requestsPerMinute(), endpoint.tokensPerMinute(), time);
    this.places = new Semaphore(endpoint.concurrency(), true);
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(endpoint.timeout())
            .build();
  }

  /// How an attempt ended.
  private sealed interface Outcome {
    /// Tokens that it may be charged for: a reply that did not arrive whole counts as estimated.
    Usage used();
  }

  private record Answered(ChatReply reply) implements Outcome {
    @Override
    public Usage used() {
      return reply.usage();
    }
  }

  private record Faulty(String what, Optional<Duration> retryAfter, Usage used)
      implements Outcome {}

  private record Lost(Reach reach, String what) implements Outcome {
    @Override
    public Usage used() {
      return Usage.NONE;
    }
  }

  @Override
  public String name() {
    return endpoint.model();
  }

  @Override
  public int concurrency() {
    return endpoint.concurrency();
  }

  @Override
  public ChatReply reply(ChatRequest request) throws InterruptedException {
    String body =
        ChatJson.body(endpoint.model(), request, endpoint.maxTokensAs(), ChatJson::dataUrl)
            .toString();
    Usage estimate = ChatJson.estimate(request);
    for (int attempt = 0; ; attempt++) {
      switch (attempt(body, estimate)) {
        case Answered(ChatReply reply) -> {
          return reply;
        }
        case Lost(Reach reach, String what) -> {
          hopeless = reach == Reach.ENDPOINT ? what : hopeless;
          throw new ChatException(reach, what);
        }
        case Faulty(String what, Optional<Duration> retryAfter, Usage _) -> {
          if (attempt == endpoint.retries()) {
            throw new ChatException(
                Reach.REQUEST, what + "; given up after " + (attempt + 1) + " attempts");
          }
          time.sleep(backoff.delay(attempt, retryAfter));
        }
      }
    }
  }

  private Outcome attempt(String body, Usage estimate) throws InterruptedException {
    places.acquire();
    try {
      limit.await(estimate.total());
      String stopped = hopeless;
      if (stopped != null) {
        return new Lost(Reach.ENDPOINT, stopped);
      }
      spending.begin(estimate);
      Usage used = estimate;
      try {
        Outcome outcome = send(body, estimate);
        used = outcome.used();
        return outcome;
      } finally {
        spending.end(estimate, used);
      }
    } finally {
      places.release();
    }
  }

  private Outcome send(String body, Usage estimate) throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(endpoint.url())
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    if (!endpoint.key().isNone()) {
      request.header("Authorization", endpoint.key().header());
    }
    long start = System.nanoTime();
    // Its own timeout ends with the reply's head; a body that stalls needs this one.
    CompletableFuture<HttpResponse<byte[]>> sent =
        client.sendAsync(
            request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), LARGEST_REPLY));
    try {
      HttpResponse<byte[]> response =
          sent.get(endpoint.timeout().toMillis(), TimeUnit.MILLISECONDS);
      return outcome(response, estimate, (System.nanoTime() - start) / 1e9);
    } catch (TimeoutException e) {
      return faulty(
          "no whole reply within " + endpoint.timeout().toMillis() / 1e3 + " s", estimate);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        return faulty("no whole reply (" + cause + ")", estimate);
      }
      throw new IllegalStateException("sending failed", e);
    } finally {
      sent.cancel(true);
    }
  }

  private Outcome outcome(HttpResponse<byte[]> response, Usage estimate, double seconds) {
    String text = endpoint.key().hideIn(new String(response.body(), StandardCharsets.UTF_8));
    int status = response.statusCode();
    if (status / 100 == 2) {
      return ChatJson.reply(text, estimate)
          .<Outcome>map(reply ->
              new Answered(
                  new ChatReply(reply.text(), reply.finish(), reply.usage(), seconds, false)))
          .orElseGet(() ->
              faulty("the reply is no chat completion (found " + excerpt(text) + ")", estimate));
    }
    String what = where() + "status " + status + " (" + excerpt(text) + ")";
    boolean quota = text.contains("insufficient_quota");
    if (!quota && (RETRIED.contains(status) || (status >= 500 && !HOPELESS.contains(status)))) {
      return later(what, response);
    }
    if (status == 400 && wantsOtherLimit(text)) {
      return new Lost(
          Reach.ENDPOINT,
          what
              + "; set max_tokens_as: "
              + ChatJson.MAX_COMPLETION_TOKENS
              + ", which this model takes in place of max_tokens");
    }
    boolean all = quota || status / 100 == 3 || HOPELESS.contains(status);
    return new Lost(
        all ? Reach.ENDPOINT : Reach.REQUEST,
        what + (all ? "; check base_url, model and api_key_env" : ""));
  }

  private boolean wantsOtherLimit(String text) {
    return endpoint.maxTokensAs().equals(ChatJson.MAX_TOKENS)
        && text.contains(ChatJson.MAX_COMPLETION_TOKENS);
  }

  private Outcome later(String what, HttpResponse<byte[]> response) {
    Optional<Duration> wait =
        response
            .headers()
            .firstValue("Retry-After")
            .flatMap(header -> Backoff.retryAfter(header, time.now()));
    if (wait.isPresent() && wait.get().compareTo(LONGEST_WAIT) > 0) {
      return new Lost(
          Reach.ENDPOINT, what + "; it asks to wait " + wait.get().toSeconds() + " s: try then");
    }
    wait.ifPresent(limit::close);
    return new Faulty(what, wait, Usage.NONE);
  }

  private Faulty faulty(String what, Usage used) {
    return new Faulty(where() + what, Optional.empty(), used);
  }

  private String where() {
    return endpoint.url().getScheme()
        + "://"
        + endpoint.url().getAuthority()
        + endpoint.url().getPath()
        + ": ";
  }

  private static String excerpt(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= EXCERPT ? line : line.substring(0, EXCERPT) + "…";
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
