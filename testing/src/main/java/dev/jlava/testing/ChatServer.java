package dev.jlava.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/// A chat completions endpoint that misbehaves on request. It answers with the next scripted
/// behaviour, and once there is none with what its text function says.
public final class ChatServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// One way to answer.
  public interface Behaviour {
    void answer(HttpExchange exchange) throws IOException, InterruptedException;
  }

  /// What was asked.
  ///
  /// @param authorization empty without the header
  public record Asked(String path, String authorization, JsonNode body, long nanos) {
    /// The last message's text.
    public String question() {
      JsonNode messages = body.get("messages");
      JsonNode content = messages.get(messages.size() - 1).get("content");
      return content.isTextual()
          ? content.asText()
          : content.get(content.size() - 1).get("text").asText();
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Function<Asked, String> text;
  private final Deque<Behaviour> script = new ArrayDeque<>();
  private final List<Asked> asked = new ArrayList<>();
  private int running;
  private int mostRunning;

  private ChatServer(Function<Asked, String> text) throws IOException {
    this.text = text;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /// A server on a free port of this machine.
  public static ChatServer start(Function<Asked, String> text) throws IOException {
    return new ChatServer(text);
  }

  /// What comes before `/chat/completions`.
  public String baseUrl() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
  }

  /// Answers the next requests in these ways.
  public synchronized ChatServer next(Behaviour... behaviours) {
    script.addAll(List.of(behaviours));
    return this;
  }

  public synchronized List<Asked> asked() {
    return List.copyOf(asked);
  }

  /// Most requests that were open at one time.
  public synchronized int mostRunning() {
    return mostRunning;
  }

  private void handle(HttpExchange exchange) throws IOException {
    Asked one =
        new Asked(
            exchange.getRequestURI().toString(),
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")).orElse(""),
            JSON.readTree(exchange.getRequestBody()),
            System.nanoTime());
    try {
      begin(one).answer(exchange);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      end();
      exchange.close();
    }
  }

  private synchronized Behaviour begin(Asked one) {
    asked.add(one);
    mostRunning = Math.max(mostRunning, ++running);
    return script.isEmpty() ? says(text.apply(one)) : script.remove();
  }

  private synchronized void end() {
    running--;
  }

  /// A chat completion of that text; 100 prompt tokens and 10 of the reply.
  public static Behaviour says(String text) {
    return status(200, completion(text));
  }

  /// The body of a chat completion.
  public static String completion(String text) {
    try {
      return "{\"id\": \"c\", \"choices\": [{\"index\": 0, \"message\": {\"role\": \"assistant\","
          + " \"content\": "
          + JSON.writeValueAsString(text)
          + "}, \"finish_reason\": \"stop\"}],"
          + " \"usage\": {\"prompt_tokens\": 100, \"completion_tokens\": 10}}";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Any status and body.
  ///
  /// @param headers names and values in turn
  public static Behaviour status(int status, String body, String... headers) {
    return exchange -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  /// Another behaviour, after a while.
  public static Behaviour slow(long millis, Behaviour then) {
    return exchange -> {
      Thread.sleep(millis);
      then.answer(exchange);
    };
  }

  /// The head and half of the body; then nothing for a while, and the connection ends.
  public static Behaviour cut(String body, long millis) {
    return exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes, 0, bytes.length / 2);
      exchange.getResponseBody().flush();
      Thread.sleep(millis);
    };
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
