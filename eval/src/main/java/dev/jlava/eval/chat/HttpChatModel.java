package dev.jlava.eval.chat;

import dev.jlava.eval.chat.ChatException.Reach;
import dev.jlava.eval.chat.ChatReply.Usage;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A model behind an OpenAI-compatible endpoint: `POST BASE_URL/chat/completions`.
/// [EndpointReplies] says what is tried again, after a wait, and what ends all asking.
public final class HttpChatModel implements ChatModel {
  private static final int LARGEST_REPLY = 16 << 20;

  private final Endpoint endpoint;
  private final EndpointReplies replies;
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
    this.replies = new EndpointReplies(endpoint, time);
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
        case Attempt.Answered(ChatReply reply) -> {
          return reply;
        }
        case Attempt.Lost(Reach reach, String what) -> {
          hopeless = reach == Reach.ENDPOINT ? what : hopeless;
          throw new ChatException(reach, what);
        }
        case Attempt.Faulty(String what, Optional<Duration> retryAfter, Usage _) -> {
          if (attempt == endpoint.retries()) {
            throw new ChatException(
                Reach.REQUEST, what + "; given up after " + (attempt + 1) + " attempts");
          }
          time.sleep(backoff.delay(attempt, retryAfter));
        }
      }
    }
  }

  private Attempt attempt(String body, Usage estimate) throws InterruptedException {
    places.acquire();
    try {
      limit.await(estimate.total());
      String stopped = hopeless;
      if (stopped != null) {
        return new Attempt.Lost(Reach.ENDPOINT, stopped);
      }
      spending.begin(estimate);
      Usage used = estimate;
      try {
        Attempt outcome = send(body, estimate);
        used = outcome.used();
        return outcome;
      } finally {
        spending.end(estimate, used);
      }
    } finally {
      places.release();
    }
  }

  private Attempt send(String body, Usage estimate) throws InterruptedException {
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
      return heeded(replies.read(response, estimate, (System.nanoTime() - start) / 1e9));
    } catch (TimeoutException e) {
      return replies.faulty(
          "no whole reply within " + endpoint.timeout().toMillis() / 1e3 + " s", estimate);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        return replies.faulty("no whole reply (" + cause + ")", estimate);
      }
      throw new IllegalStateException("sending failed", e);
    } finally {
      sent.cancel(true);
    }
  }

  /// What an endpoint asks one request to wait for holds back the others too.
  private Attempt heeded(Attempt attempt) {
    if (attempt instanceof Attempt.Faulty faulty) {
      faulty.retryAfter().ifPresent(limit::close);
    }
    return attempt;
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
