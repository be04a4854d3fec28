package dev.jlava.hub;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/// What an answer of the hub that is no success means to the user.
final class Refusal {
  private Refusal() {}

  /// Returns where the answer is a success.
  ///
  /// @throws Retries.Passing where trying again may help
  /// @throws HubException where it does not
  static void check(HubId id, HttpResponse<?> response, HubSettings settings) throws IOException {
    int status = response.statusCode();
    switch (status) {
      case 200, 206 -> {}
      case 408, 416, 429, 500, 502, 503, 504 -> throw passing(response);
      case 401, 403, 404 -> {
        if (!response.uri().toString().startsWith(settings.endpoint() + "/")) {
          // The host that the hub sent on to; its addresses expire.
          throw passing(response);
        }
        throw new HubException(id + ": " + refused(id, response, settings));
      }
      default -> throw new HubException(response.uri() + ": HTTP " + status + said(response));
    }
  }

  private static Retries.Passing passing(HttpResponse<?> response) {
    Duration wait =
        HubClient.header(response, "Retry-After")
            .filter(seconds -> seconds.matches("\\d{1,6}"))
            .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
            .orElse(Duration.ZERO);
    return new Retries.Passing(
        response.uri() + ": HTTP " + response.statusCode() + said(response), wait);
  }

  private static String refused(HubId id, HttpResponse<?> response, HubSettings settings) {
    int status = response.statusCode();
    String code = HubClient.header(response, "X-Error-Code").orElse("");
    String asked = settings.token().isPresent() ? "with a token" : "without a token";
    String http = " (HTTP " + status + " " + asked + said(response) + "); ";
    return switch (code) {
      case "GatedRepo" ->
          "its owner lets only those in who accept a licence"
              + http
              + "accept it at "
              + settings.endpoint()
              + "/"
              + id.model()
              + ", and set HF_TOKEN to a token of that account";
      case "RevisionNotFound" ->
          "the model has no revision '" + id.revision() + "'" + http + "check what stands behind @";
      case "EntryNotFound" -> "a file is gone from the model" + http + "start again";
      default ->
          status == 403
              ? "the token may not read it" + http + "give HF_TOKEN one that may"
              : id.notHere()
                  + ", and the hub has no such model or does not show it"
                  + http
                  + "check the path or id; for a private model set HF_TOKEN";
    };
  }

  private static String said(HttpResponse<?> response) {
    Optional<String> message = HubClient.header(response, "X-Error-Message");
    return message.map(text -> ": " + text).orElse("");
  }
}
