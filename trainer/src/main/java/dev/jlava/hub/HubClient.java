package dev.jlava.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/// The hub's HTTP interface. A refusal is a [HubException]; what may pass is an IOException, and
/// the caller's to try again.
final class HubClient {
  private static final int MOST_REDIRECTS = 8;
  private static final String LARGE_ETAG = "X-Linked-Etag";
  private static final String LARGE_SIZE = "X-Linked-Size";

  private final HubSettings settings;
  private final Duration patience;
  private final HttpClient http;

  /// @param patience how long a server may say nothing
  HubClient(HubSettings settings, Duration patience) {
    this.settings = settings;
    this.patience = patience;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(patience)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /// A model at one commit.
  record Listing(String commit, List<String> names) {}

  /// What a revision is now.
  Listing list(HubId id) throws IOException {
    String revision = URLEncoder.encode(id.revision(), StandardCharsets.UTF_8);
    URI uri = uri("/api/models/" + id.model() + "/revision/" + revision);
    try (InputStream body = bytes(send(new Ask(id, "GET", uri, 0), target -> true))) {
      JsonNode json = new ObjectMapper().readTree(body);
      String commit = json.path("sha").asText();
      if (!HubCache.isCommit(commit) || !json.path("siblings").isArray()) {
        throw new HubException(
            uri + ": not a hub's answer (expected sha and siblings); check HF_ENDPOINT");
      }
      List<String> names = new ArrayList<>();
      json.get("siblings").forEach(file -> names.add(file.path("rfilename").asText()));
      return new Listing(commit, names);
    } catch (JsonProcessingException e) {
      throw new HubException(
          uri + ": not JSON (" + e.getOriginalMessage() + "); check HF_ENDPOINT", e);
    }
  }

  /// What the hub says of a file. Where it sends on to another host, as for large files, that
  /// answer describes the file already.
  RemoteFile describe(HubId id, String commit, String name) throws IOException {
    URI uri = file(id, commit, name);
    HttpResponse<InputStream> response = send(new Ask(id, "HEAD", uri, 0), this::isHub);
    response.body().close();
    String etag =
        header(response, LARGE_ETAG)
            .or(() -> header(response, "ETag"))
            .map(HubClient::bare)
            .orElse("");
    String size =
        header(response, LARGE_SIZE).or(() -> header(response, "Content-Length")).orElse("");
    if (!etag.matches("[\\w-]+") || !size.matches("\\d{1,18}")) {
      throw new HubException(
          uri
              + ": no hub's description of a file (found ETag '"
              + etag
              + "', size '"
              + size
              + "'); check HF_ENDPOINT");
    }
    return new RemoteFile(id, commit, name, etag, Long.parseLong(size));
  }

  private static String bare(String etag) {
    return etag.replaceFirst("^W/", "").replace("\"", "");
  }

  /// A file's bytes as they come in.
  ///
  /// @param start where in the file they begin: what was asked for, or 0 from servers that do not
  ///   know ranges
  record Body(InputStream bytes, long start) {}

  /// A file's bytes from an offset on. Asks the hub again each time: the addresses that it sends on
  /// to expire.
  Body open(RemoteFile file, long offset) throws IOException {
    URI uri = file(file.model(), file.commit(), file.name());
    HttpResponse<InputStream> response =
        send(new Ask(file.model(), "GET", uri, offset), target -> true);
    InputStream bytes = bytes(response);
    if (response.statusCode() == 206
        && !header(response, "Content-Range").orElse("").startsWith("bytes " + offset + "-")) {
      bytes.close();
      throw new IOException(uri + ": sent another range than the one from " + offset);
    }
    return new Body(bytes, response.statusCode() == 206 ? offset : 0);
  }

  /// A request about a model.
  ///
  /// @param offset where in the file to begin
  private record Ask(HubId id, String method, URI uri, long offset) {}

  private InputStream bytes(HttpResponse<InputStream> response) {
    return new ImpatientStream(response.body(), patience);
  }

  /// Sends a request and follows redirects, as far as they go where they may.
  private HttpResponse<InputStream> send(Ask ask, Predicate<URI> mayFollow) throws IOException {
    URI uri = ask.uri();
    for (int i = 0; i <= MOST_REDIRECTS; i++) {
      HttpResponse<InputStream> response = exchange(request(ask, uri));
      Optional<URI> target = target(response);
      if (target.isEmpty()) {
        Refusal.check(ask.id(), response, settings);
        return response;
      }
      if (!mayFollow.test(target.get())) {
        return response;
      }
      response.body().close();
      uri = target.get();
    }
    throw new HubException(ask.uri() + ": more than " + MOST_REDIRECTS + " redirects");
  }

  private HttpRequest request(Ask ask, URI uri) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .timeout(patience)
            .method(ask.method(), HttpRequest.BodyPublishers.noBody())
            .header("User-Agent", "jlava")
            .header("Accept-Encoding", "identity");
    if (ask.offset() > 0) {
      request.header("Range", "bytes=" + ask.offset() + "-");
    }
    if (isHub(uri)) {
      settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
    }
    return request.build();
  }

  private HttpResponse<InputStream> exchange(HttpRequest request) throws IOException {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HubException(request.uri() + ": interrupted", e);
    } catch (IOException e) {
      throw new IOException(
          "%s: %s".formatted(request.uri(), e.getMessage() == null ? e : e.getMessage()), e);
    }
  }

  private static Optional<URI> target(HttpResponse<?> response) {
    int status = response.statusCode();
    return status >= 300 && status < 400
        ? header(response, "Location").map(response.uri()::resolve)
        : Optional.empty();
  }

  /// Whether an address is the hub's own: the token goes there and nowhere else.
  boolean isHub(URI uri) {
    return Objects.equals(uri.getScheme(), settings.endpoint().getScheme())
        && Objects.equals(uri.getAuthority(), settings.endpoint().getAuthority());
  }

  static Optional<String> header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name);
  }

  private URI file(HubId id, String commit, String name) {
    return uri("/" + id.model() + "/resolve/" + commit + "/" + name);
  }

  private URI uri(String path) {
    return URI.create(settings.endpoint() + path);
  }
}
