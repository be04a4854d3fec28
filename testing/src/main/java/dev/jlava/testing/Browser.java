package dev.jlava.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// A headless Chromium with one tab, driven over the DevTools protocol. Tests that use it carry
/// `@Tag("browser")`; `tools/install-test-tools.sh` installs Chromium.
public final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SECONDS = 60;

  /// A screen.
  ///
  /// @param width of the page in CSS pixels
  /// @param scheme `light` or `dark`
  public record Screen(int width, int height, String scheme) {
    public static final Screen DESKTOP = new Screen(1280, 900, "light");
    public static final Screen PHONE = new Screen(390, 844, "light");

    public Screen dark() {
      return new Screen(width, height, "dark");
    }
  }

  private final Path profile;
  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger calls = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();
  private String session = "";

  private Browser(Path profile) throws IOException {
    this.profile = profile;
    this.process = start(profile);
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(address(process), new Messages())
            .orTimeout(SECONDS, TimeUnit.SECONDS)
            .join();
  }

  /// Starts it, on an empty page.
  public static Browser start() throws IOException {
    if (!Files.isExecutable(CHROMIUM)) {
      throw new IllegalStateException(CHROMIUM + ": not found; run tools/install-test-tools.sh");
    }
    Browser browser = new Browser(Files.createTempDirectory("jlava-browser"));
    String tab =
        browser.call("Target.createTarget", Map.of("url", "about:blank")).at("/targetId").asText();
    Map<String, Object> attach = Map.of("targetId", tab, "flatten", true);
    browser.session = browser.call("Target.attachToTarget", attach).at("/sessionId").asText();
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      browser.call(domain + ".enable", Map.of());
    }
    return browser;
  }

  private static Process start(Path profile) throws IOException {
    return new ProcessBuilder(
            CHROMIUM.toString(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-port=0",
            "--user-data-dir=" + profile,
            "about:blank")
        .redirectErrorStream(true)
        .start();
  }

  /// Where it listens: it says so once it does.
  private static URI address(Process process) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder said = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("DevTools listening on ")) {
        Thread.ofVirtual().start(() -> lines.lines().forEach(_ -> {}));
        return URI.create(line.substring("DevTools listening on ".length()).strip());
      }
      said.append(line).append('\n');
    }
    throw new IllegalStateException(CHROMIUM + " ended at once: " + said);
  }

  /// Opens a file on a screen and waits until it has loaded; forgets what earlier pages did.
  public void open(Path file, Screen screen) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of(
            "width",
            screen.width,
            "height",
            screen.height,
            "deviceScaleFactor",
            1,
            "mobile",
            screen.width < 600));
    Map<String, String> scheme = Map.of("name", "prefers-color-scheme", "value", screen.scheme);
    call("Emulation.setEmulatedMedia", Map.of("features", List.of(scheme)));
    problems.clear();
    requests.clear();
    loaded = new CompletableFuture<>();
    call("Page.navigate", Map.of("url", file.toUri().toString()));
    loaded.orTimeout(SECONDS, TimeUnit.SECONDS).join();
  }

  /// The value of a JavaScript expression on the page.
  public JsonNode evaluate(String expression) {
    JsonNode answer =
        call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
    if (answer.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + answer.get("exceptionDetails"));
    }
    return answer.at("/result/value");
  }

  /// Errors and warnings of the console, and violations of the page's security policy.
  public List<String> problems() {
    return List.copyOf(problems);
  }

  /// What the page asked for besides itself and data URLs.
  public List<String> requests() {
    return requests.stream().skip(1).toList();
  }

  /// The page as a PNG, down to its end.
  public byte[] screenshot() {
    JsonNode size = call("Page.getLayoutMetrics", Map.of()).get("cssContentSize");
    Map<String, Number> clip =
        Map.of(
            "x", 0,
            "y", 0,
            "width", size.get("width").asDouble(),
            "height", size.get("height").asDouble(),
            "scale", 1);
    Map<String, Object> settings = Map.of("clip", clip, "captureBeyondViewport", true);
    return Base64.getDecoder()
        .decode(call("Page.captureScreenshot", settings).get("data").asText());
  }

  private JsonNode call(String method, Map<String, Object> parameters) {
    int id = calls.incrementAndGet();
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    if (!session.isEmpty()) {
      message.put("sessionId", session);
    }
    message.set("params", JSON.valueToTree(parameters));
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    socket.sendText(message.toString(), true).join();
    return answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
  }

  private void receive(JsonNode message) {
    CompletableFuture<JsonNode> answer = waiting.remove(message.path("id").asInt(-1));
    if (answer != null && message.has("error")) {
      answer.completeExceptionally(new IllegalStateException(message.get("error").toString()));
    } else if (answer != null) {
      answer.complete(message.path("result"));
    }
    JsonNode event = message.path("params");
    switch (message.path("method").asText()) {
      case "Page.loadEventFired" -> loaded.complete(null);
      case "Runtime.exceptionThrown" -> problems.add(event.toString());
      case "Log.entryAdded" -> note(event.at("/entry/level").asText(), event);
      case "Runtime.consoleAPICalled" -> note(event.path("type").asText(), event);
      case "Network.requestWillBeSent" -> request(event.at("/request/url").asText());
      default -> {}
    }
  }

  private void note(String level, JsonNode event) {
    if (List.of("error", "warning", "assert").contains(level)) {
      problems.add(event.toString());
    }
  }

  private void request(String url) {
    if (!url.startsWith("data:")) {
      requests.add(url);
    }
  }

  @Override
  public void close() throws IOException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().join();
    try (Stream<Path> files = Files.walk(profile)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /// Puts the pieces of messages together.
  private final class Messages implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        String whole = text.toString();
        text.setLength(0);
        try {
          receive(JSON.readTree(whole));
        } catch (IOException e) {
          problems.add("no JSON: " + whole);
        }
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }
  }
}
