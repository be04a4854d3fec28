package dev.jlava.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/// A server that speaks the hub's HTTP interface as huggingface_hub's client relies on it, with the
/// faults that networks have. Models are the folders `owner/name` of a root; each has the revisions
/// `main` and its commit. Weights lie on a second server, to which the first sends on.
public final class HubServer implements AutoCloseable {
  /// What goes wrong with one request.
  public sealed interface Fault {
    /// The connection ends after some bytes.
    record Cut(int bytes) implements Fault {}

    /// Nothing comes after some bytes, and the connection stays open.
    record Silence(int bytes) implements Fault {}

    /// The server answers with an error.
    record Status(int code) implements Fault {}

    /// A bit of the content is wrong.
    record Damage() implements Fault {}

    /// The server knows no ranges.
    record NoRanges() implements Fault {}
  }

  /// A request that came; header values are empty where there was no such header.
  ///
  /// @param stored whether it came to the second server
  public record Request(boolean stored, String method, String path, String range, String token) {}

  /// Endings of the files that are on the second server.
  private static final List<String> LARGE = List.of(".safetensors", ".bin", ".gguf");

  private final Path root;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer hub;
  private final HttpServer store;
  private final Queue<Fault> apiFaults = new ConcurrentLinkedQueue<>();
  private final Queue<Fault> contentFaults = new ConcurrentLinkedQueue<>();
  private final Map<String, String> licensed = new ConcurrentHashMap<>();
  private final Map<String, String> renamed = new ConcurrentHashMap<>();
  private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  private volatile long bytesPerSecond = Long.MAX_VALUE;

  private HubServer(Path root, int port) throws IOException {
    this.root = root;
    this.hub = server(port);
    this.store = server(0);
    hub.createContext("/", exchange -> answer(exchange, false));
    store.createContext("/", exchange -> answer(exchange, true));
    hub.start();
    store.start();
  }

  private HttpServer server(int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(threads);
    return server;
  }

  /// Copies a folder's files below a root, as a model to serve.
  public static Path put(Path root, String id, Path source) throws IOException {
    Path target = Files.createDirectories(root.resolve(id));
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }

  /// Serves the models under a folder.
  public static HubServer serve(Path root) throws IOException {
    return new HubServer(root, 0);
  }

  /// `java … HubServer ROOT PORT`: serves until killed, for checks by hand.
  public static void main(String[] arguments) throws IOException {
    new HubServer(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
  }

  public String endpoint() {
    return "http://127.0.0.1:" + hub.getAddress().getPort();
  }

  /// Requests for descriptions of models meet a fault each, in this order, then none.
  public void failApi(Fault... next) {
    apiFaults.addAll(List.of(next));
  }

  /// Requests for the content of large files meet a fault each, in this order, then none.
  public void failContent(Fault... next) {
    contentFaults.addAll(List.of(next));
  }

  /// No more faults.
  public void recover() {
    apiFaults.clear();
    contentFaults.clear();
  }

  /// A model is for those with a token only.
  public void license(String model, String token) {
    licensed.put(model, token);
  }

  /// A model has another name now.
  public void rename(String from, String to) {
    renamed.put(from, to);
  }

  /// How fast content comes.
  public void throttle(long bytesASecond) {
    bytesPerSecond = bytesASecond;
  }

  /// What has been asked so far.
  public List<Request> requests() {
    synchronized (requests) {
      return List.copyOf(requests);
    }
  }

  /// The commit of a model.
  public static String commit(String model) {
    return hash("SHA-1", model.getBytes(StandardCharsets.UTF_8));
  }

  private void answer(HttpExchange exchange, boolean stored) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      requests.add(
          new Request(
              stored,
              exchange.getRequestMethod(),
              path,
              header(exchange, "Range"),
              header(exchange, "Authorization")));
      String[] parts = path.substring(1).split("/", -1);
      if (stored) {
        content(
            exchange,
            Files.readAllBytes(root.resolve(path.substring(1))),
            Optional.ofNullable(contentFaults.poll()));
      } else if (parts.length == 6 && path.startsWith("/api/models/")) {
        describe(exchange, parts[2] + "/" + parts[3], parts[5]);
      } else if (parts.length == 5 && parts[2].equals("resolve")) {
        resolve(exchange, parts[0] + "/" + parts[1], parts[3], parts[4]);
      } else {
        exchange.sendResponseHeaders(404, -1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String header(HttpExchange exchange, String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name)).orElse("");
  }

  /// Whether a request for a model may go on; it is answered where not.
  private boolean admits(HttpExchange exchange, String model, String revision) throws IOException {
    String asked = exchange.getRequestURI().getPath();
    String token = licensed.get(model);
    if (renamed.containsKey(model)) {
      exchange.getResponseHeaders().set("Location", asked.replace(model, renamed.get(model)));
      exchange.sendResponseHeaders(307, -1);
    } else if (token != null && !header(exchange, "Authorization").equals("Bearer " + token)) {
      boolean anonymous = header(exchange, "Authorization").isEmpty();
      refuse(
          exchange,
          anonymous ? 401 : 403,
          "GatedRepo",
          "Access to model " + model + " is restricted.");
    } else if (!Files.isDirectory(root.resolve(model))) {
      refuse(
          exchange,
          header(exchange, "Authorization").isEmpty() ? 401 : 404,
          "RepoNotFound",
          "Repository not found");
    } else if (!revision.equals("main") && !revision.equals(commit(model))) {
      refuse(exchange, 404, "RevisionNotFound", "Invalid rev id: " + revision);
    } else {
      return true;
    }
    return false;
  }

  private static void refuse(HttpExchange exchange, int status, String code, String message)
      throws IOException {
    exchange.getResponseHeaders().set("X-Error-Code", code);
    exchange.getResponseHeaders().set("X-Error-Message", message);
    exchange.sendResponseHeaders(status, -1);
  }

  private void describe(HttpExchange exchange, String model, String revision)
      throws IOException, InterruptedException {
    if (!admits(exchange, model, revision)) {
      return;
    }
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("id", model).put("modelId", model).put("sha", commit(model)).put("private", false);
    json.putArray("tags");
    json.put("downloads", 0).put("likes", 0);
    var siblings = json.putArray("siblings");
    try (Stream<Path> files = Files.walk(root.resolve(model))) {
      files
          .filter(Files::isRegularFile)
          .map(file -> root.resolve(model).relativize(file).toString())
          .sorted()
          .forEach(name -> siblings.addObject().put("rfilename", name));
    }
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    content(
        exchange,
        json.toString().getBytes(StandardCharsets.UTF_8),
        Optional.ofNullable(apiFaults.poll()));
  }

  private void resolve(HttpExchange exchange, String model, String revision, String name)
      throws IOException, InterruptedException {
    if (!admits(exchange, model, revision)) {
      return;
    }
    Path file = root.resolve(model).resolve(name);
    var headers = exchange.getResponseHeaders();
    headers.set("X-Repo-Commit", commit(model));
    if (!Files.isRegularFile(file)) {
      refuse(exchange, 404, "EntryNotFound", "Entry not found");
      return;
    }
    byte[] bytes = Files.readAllBytes(file);
    byte[] head = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
    if (LARGE.stream().noneMatch(name::endsWith)) {
      headers.set("ETag", "\"" + hash("SHA-1", head, bytes) + "\"");
      content(exchange, bytes, Optional.empty());
      return;
    }
    headers.set("X-Linked-Etag", "\"" + hash("SHA-256", bytes) + "\"");
    headers.set("X-Linked-Size", Integer.toString(bytes.length));
    headers.set(
        "Location",
        "http://127.0.0.1:%d/%s/%s".formatted(store.getAddress().getPort(), model, name));
    exchange.sendResponseHeaders(302, -1);
  }

  private void content(HttpExchange exchange, byte[] bytes, Optional<Fault> fault)
      throws IOException, InterruptedException {
    if (fault.orElse(null) instanceof Fault.Status status) {
      exchange.getResponseHeaders().set("Retry-After", "0");
      exchange.sendResponseHeaders(status.code(), -1);
      return;
    }
    String range = header(exchange, "Range");
    boolean part = !range.isEmpty() && !(fault.orElse(null) instanceof Fault.NoRanges);
    int start = part ? Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1")) : 0;
    if (part && start >= bytes.length) {
      exchange.sendResponseHeaders(416, -1);
      return;
    }
    exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
    if (part) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(start, bytes.length - 1, bytes.length));
    }
    int length = bytes.length - start;
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    exchange.sendResponseHeaders(part ? 206 : 200, length);
    send(exchange.getResponseBody(), bytes, start, fault);
  }

  private void send(OutputStream out, byte[] bytes, int start, Optional<Fault> fault)
      throws IOException, InterruptedException {
    int end =
        switch (fault.orElse(new Fault.NoRanges())) {
          case Fault.Cut(int count) -> Math.min(bytes.length, start + count);
          case Fault.Silence(int count) -> Math.min(bytes.length, start + count);
          case Fault.Damage() -> {
            bytes[bytes.length - 1] ^= 1;
            yield bytes.length;
          }
          case Fault.Status(int _), Fault.NoRanges() -> bytes.length;
        };
    // Else a cut before the first byte would look like a server that is not there.
    out.flush();
    int block = Math.clamp(bytesPerSecond / 20, 1, 1 << 16);
    for (int at = start; at < end; at += block) {
      out.write(bytes, at, Math.min(block, end - at));
      out.flush();
      if (bytesPerSecond < Long.MAX_VALUE) {
        Thread.sleep(50);
      }
    }
    switch (fault.orElse(null)) {
      case Fault.Silence(int _) -> Thread.sleep(20_000);
      // Clients throw away what they have not read when a connection ends.
      case Fault.Cut(int _) -> Thread.sleep(150);
      case null, default -> {}
    }
  }

  private static String hash(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
