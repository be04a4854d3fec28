package dev.jlava.eval.chat;

import static dev.jlava.testing.ChatServer.completion;
import static dev.jlava.testing.ChatServer.cut;
import static dev.jlava.testing.ChatServer.says;
import static dev.jlava.testing.ChatServer.slow;
import static dev.jlava.testing.ChatServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.jlava.data.DataException;
import dev.jlava.eval.chat.ChatException.Reach;
import dev.jlava.testing.ChatServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Against a real HTTP server that misbehaves.
final class HttpChatModelTest {
  private static final String SECRET = "sk-test-4711-do-not-show";
  private static final ApiKey KEY =
      ApiKey.fromEnvironment("THE_KEY", Map.of("THE_KEY", SECRET + "\n"));

  private final VirtualTime time = new VirtualTime();
  private final Spending spending = new Spending(Budget.NONE);
  private ChatServer server;

  @BeforeEach
  void start() throws IOException {
    server = ChatServer.start(asked -> "8 7\nThe end.");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Endpoint endpoint() {
    return Endpoint.of(server.baseUrl(), "judge-1", KEY).within(Duration.ofMillis(400), 2);
  }

  private static ChatRequest request(String text) {
    return new ChatRequest(
        List.of(ChatMessage.system("Be fair."), ChatMessage.user(text)), 0.2, 64, null, 0);
  }

  private ChatReply ask() throws InterruptedException {
    try (HttpChatModel model = new HttpChatModel(endpoint(), spending, time)) {
      return model.reply(request("Which?"));
    }
  }

  private ChatException fails() {
    return catchThrowableOfType(ChatException.class, this::ask);
  }

  @Test
  void theRequestIsAChatCompletion() throws Exception {
    ChatReply reply = ask();
    assertThat(reply.text()).isEqualTo("8 7\nThe end.");
    assertThat(reply.finish()).isEqualTo("stop");
    assertThat(reply.usage()).isEqualTo(new ChatReply.Usage(100, 10, false));
    assertThat(reply.cached()).isFalse();
    ChatServer.Asked asked = server.asked().getFirst();
    assertThat(asked.path()).isEqualTo("/v1/chat/completions");
    assertThat(asked.authorization()).isEqualTo("Bearer " + SECRET);
    assertThat(asked.body())
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"model": "judge-1",
                     "messages": [{"role": "system", "content": "Be fair."},
                                  {"role": "user", "content": "Which?"}],
                     "temperature": 0.2, "max_tokens": 64}
                    """));
  }

  @Test
  void imagesAreDataUrlsAndSamplesHaveSeeds(@TempDir Path directory) throws Exception {
    byte[] png = {(byte) 0x89, 'P', 'N', 'G', 1, 2, 3, 4, 5, 6, 7, 8, 9};
    Path image = Files.write(directory.resolve("a.image"), png);
    ChatMessage message =
        new ChatMessage(
            ChatMessage.Role.USER,
            List.of(new ChatMessage.Image(image), new ChatMessage.Text("What is it?")));
    try (HttpChatModel model = new HttpChatModel(endpoint(), spending, time)) {
      model.reply(new ChatRequest(List.of(message), 0, 8, 40L, 2));
      JsonNode body = server.asked().getFirst().body();
      assertThat(body.at("/messages/0/content/0/image_url/url").asText())
          .isEqualTo("data:image/png;base64," + Base64.getEncoder().encodeToString(png));
      assertThat(body.at("/messages/0/content/1/text").asText()).isEqualTo("What is it?");
      assertThat(body.get("seed").asInt()).isEqualTo(42);
      Files.writeString(image, "no image");
      assertThatThrownBy(() -> model.reply(new ChatRequest(List.of(message), 0, 8, null, 0)))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("a.image: not an image that endpoints take");
    }
    assertThat(server.asked()).hasSize(1);
  }

  @Test
  void retryAfterInSecondsIsHonoured() throws Exception {
    server.next(status(429, "{\"error\": \"slow down\"}", "Retry-After", "7"));
    assertThat(ask().text()).startsWith("8 7");
    assertThat(server.asked()).hasSize(2);
    assertThat(time.slept().getFirst()).isBetween(Duration.ofSeconds(7), Duration.ofSeconds(8));
  }

  @Test
  void retryAfterAsADateIsHonoured() throws Exception {
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            time.now().plusSeconds(30).atOffset(ZoneOffset.UTC));
    server.next(status(503, "", "Retry-After", date));
    ask();
    assertThat(time.slept().getFirst()).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(31));
  }

  @Test
  void awaitedTooLongEndsAllAsking() {
    server.next(status(429, "come back tomorrow", "Retry-After", "86400"));
    ChatException failure = fails();
    assertThat(failure.reach()).isEqualTo(Reach.ENDPOINT);
    assertThat(failure).hasMessageContaining("it asks to wait 86400 s");
    assertThat(time.slept()).isEmpty();
  }

  @Test
  void faultsAreTriedAgainWithGrowingWaits() throws Exception {
    server.next(status(500, "oops"), cut(completion("8 7"), 0));
    assertThat(ask().text()).startsWith("8 7");
    assertThat(server.asked()).hasSize(3);
    assertThat(time.slept()).hasSize(2);
    assertThat(time.slept().get(0)).isLessThanOrEqualTo(Duration.ofSeconds(1));
    assertThat(time.slept().get(1)).isLessThanOrEqualTo(Duration.ofSeconds(2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>busy</html>",
        "{\"choices\": []}",
        "{\"error\": {\"message\": \"overloaded\"}}",
        "{\"choices\": [{\"message\": {\"content\": \"8 7",
        "{\"choices\": [{\"message\": {\"content\": \"8 7\"}}]} x",
      })
  void garbageIsTriedAgain(String garbage) throws Exception {
    server.next(status(200, garbage));
    assertThat(ask().text()).startsWith("8 7");
    assertThat(server.asked()).hasSize(2);
  }

  @Test
  void slowAndStalledRepliesAreGivenUp() {
    server.next(
        slow(900, says("8 7")), cut(completion("8 7"), 900), status(200, "not a completion"));
    ChatException failure = fails();
    assertThat(failure.reach()).isEqualTo(Reach.REQUEST);
    assertThat(failure)
        .hasMessage(
            server.baseUrl()
                + "/chat/completions: the reply is no chat completion (found not a completion);"
                + " given up after 3 attempts");
    // What may have been charged counts: two replies that did not arrive, one of no use.
    assertThat(spending.total().usage().completionTokens()).isEqualTo(3 * 64);
    server.next(slow(900, says("")), slow(900, says("")), slow(900, says("")));
    assertThat(fails()).hasMessageContaining("no whole reply within 0.4 s; given up after 3");
  }

  @Test
  void noServerIsSaid() {
    server.close();
    assertThat(fails()).hasMessageContaining("no whole reply (java.net.ConnectException");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 401, 402, 403, 404, 501})
  void whatEveryRequestWouldGetEndsAllAsking(int code) throws Exception {
    server.next(status(code, "{\"error\": \"no\"}", "Location", "http://127.0.0.1:9/"));
    try (HttpChatModel model = new HttpChatModel(endpoint(), spending, time)) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> model.reply(request("Which?")))
            .isInstanceOf(ChatException.class)
            .hasMessageContaining("status " + code + " ({\"error\": \"no\"}); check base_url");
      }
    }
    assertThat(server.asked()).hasSize(1);
  }

  @Test
  void aUsedUpQuotaEndsAllAsking() {
    server.next(status(429, "{\"error\": {\"code\": \"insufficient_quota\"}}"));
    assertThat(fails().reach()).isEqualTo(Reach.ENDPOINT);
    assertThat(server.asked()).hasSize(1);
  }

  @Test
  void aRequestsOwnFaultIsItsOwn() {
    server.next(status(400, "{\"error\": \"too   long\"}"));
    ChatException failure = fails();
    assertThat(failure.reach()).isEqualTo(Reach.REQUEST);
    assertThat(failure).hasMessageContaining("status 400 ({\"error\": \"too long\"})");
    assertThat(server.asked()).hasSize(1);
  }

  @Test
  void refusalsAreReplies() throws Exception {
    String body =
        "{\"choices\": [{\"message\": {\"content\": null%s}, \"finish_reason\": \"%s\"}]}";
    server.next(
        status(200, body.formatted(", \"refusal\": \"I cannot.\"", "stop")),
        status(200, body.formatted("", "content_filter")));
    ChatReply refused = ask();
    assertThat(refused.text()).isEqualTo("I cannot.");
    assertThat(refused.finish()).isEqualTo("refusal");
    assertThat(refused.usage().estimated()).isTrue();
    ChatReply filtered = ask();
    assertThat(filtered.text()).isEmpty();
    assertThat(filtered.finish()).isEqualTo("content_filter");
  }

  @Test
  void theKeyShowsNowhere() throws Exception {
    server.next(
        status(401, "wrong key: " + SECRET),
        status(200, "echo Bearer " + SECRET),
        status(200, "echo Bearer " + SECRET),
        status(200, "echo Bearer " + SECRET),
        says("8 7, and your key is " + SECRET));
    assertThat(fails()).hasMessageContaining("wrong key: [key]");
    assertThat(fails()).hasMessageContaining("echo Bearer [key]");
    assertThat(ask().text()).isEqualTo("8 7, and your key is [key]");
    assertThat(endpoint().toString()).doesNotContain(SECRET).contains("[key]");
  }

  @Test
  void keysAreChecked() {
    assertThatThrownBy(() -> ApiKey.fromEnvironment("NO_KEY", Map.of()))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("api_key_env: the environment variable NO_KEY is not set");
    assertThatThrownBy(() -> ApiKey.fromEnvironment("K", Map.of("K", "sk-a\nsk-b")))
        .hasMessageContaining("no HTTP header may hold")
        .hasMessageNotContaining("sk-a");
  }

  @Test
  void withoutAKeyNoneIsSent() throws Exception {
    Endpoint open = Endpoint.of(server.baseUrl() + "/", "m", ApiKey.NONE);
    try (HttpChatModel model = new HttpChatModel(open, spending, time)) {
      model.reply(request("Which?"));
    }
    assertThat(server.asked().getFirst().authorization()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "api.example.org/v1",
        "ftp://example.org",
        "http://u:p@example.org/v1",
        "http://example.org/v1/chat/completions",
        "http://exa mple",
      })
  void wrongAddressesAreRefused(String address) {
    assertThatThrownBy(() -> Endpoint.of(address, "m", ApiKey.NONE))
        .isInstanceOf(DataException.class)
        .hasMessageStartingWith("base_url: ");
  }

  private void askAtOnce(Endpoint endpoint, int times) throws Exception {
    Callable<ChatReply> one;
    try (HttpChatModel model = new HttpChatModel(endpoint, spending, time);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      one = () -> model.reply(request("Which?"));
      for (var future : threads.invokeAll(java.util.Collections.nCopies(times, one))) {
        future.get();
      }
    }
  }

  @Test
  void onlySoManyAreAskedAtATime() throws Exception {
    for (int i = 0; i < 12; i++) {
      server.next(slow(40, says("8 7")));
    }
    askAtOnce(endpoint().limited(3, Long.MAX_VALUE, Long.MAX_VALUE), 12);
    assertThat(server.asked()).hasSize(12);
    assertThat(server.mostRunning()).isEqualTo(3);
  }

  @Test
  void ratesHoldOverAllThreads() throws Exception {
    askAtOnce(endpoint().limited(1, 4, Long.MAX_VALUE), 9);
    // Four a minute: the fifth waits a minute, the ninth another one.
    assertThat(time.slept()).containsExactly(Duration.ofMinutes(1), Duration.ofMinutes(1));
  }

  @Test
  void theBudgetEndsAskingAndKeepsWhatIsThere() throws Exception {
    Spending capped = new Spending(new Budget(3, Long.MAX_VALUE, Double.POSITIVE_INFINITY, 1, 2));
    server.next(status(500, ""));
    try (HttpChatModel model = new HttpChatModel(endpoint(), capped, time)) {
      model.reply(request("One?"));
      model.reply(request("Two?"));
      ChatException failure =
          catchThrowableOfType(ChatException.class, () -> model.reply(request("Three?")));
      assertThat(failure.reach()).isEqualTo(Reach.BUDGET);
      assertThat(failure).hasMessageContaining("budget.max_requests 3, used 3");
    }
    assertThat(server.asked()).hasSize(3);
    assertThat(capped.total())
        .isEqualTo(new Spending.Total(3, new ChatReply.Usage(200, 20, false), 240 / 1e6));
  }
}
