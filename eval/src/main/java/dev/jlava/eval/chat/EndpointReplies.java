package dev.jlava.eval.chat;

import dev.jlava.eval.chat.ChatException.Reach;
import dev.jlava.eval.chat.ChatReply.Usage;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/// What the responses of an endpoint mean.
///
/// Tried again: no connection, no whole reply in time, a reply that is no chat completion, and the
/// statuses 408, 409, 425, 429 and 5xx. A status that every request would get (3xx, 401 to 405,
/// 501, a used-up quota, 400 where the endpoint wants `max_completion_tokens`) ends all asking; any
/// other is the request's own fault.
///
/// @param time that dates in `Retry-After` are compared with
record EndpointReplies(Endpoint endpoint, Time time) {
  private static final Set<Integer> RETRIED = Set.of(408, 409, 425, 429);
  private static final Set<Integer> HOPELESS = Set.of(401, 402, 403, 404, 405, 501);
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(15);
  private static final int EXCERPT = 300;

  /// Reads a response.
  ///
  /// @param estimate what it may be charged for if it does not say
  Attempt read(HttpResponse<byte[]> response, Usage estimate, double seconds) {
    String text = endpoint.key().hideIn(new String(response.body(), StandardCharsets.UTF_8));
    int status = response.statusCode();
    if (status / 100 == 2) {
      return ChatJson.reply(text, estimate)
          .<Attempt>map(reply ->
              new Attempt.Answered(
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
      return new Attempt.Lost(
          Reach.ENDPOINT,
          what
              + "; set max_tokens_as: "
              + ChatJson.MAX_COMPLETION_TOKENS
              + ", which this model takes in place of max_tokens");
    }
    boolean all = quota || status / 100 == 3 || HOPELESS.contains(status);
    return new Attempt.Lost(
        all ? Reach.ENDPOINT : Reach.REQUEST,
        what + (all ? "; check base_url, model and api_key_env" : ""));
  }

  private boolean wantsOtherLimit(String text) {
    return endpoint.maxTokensAs().equals(ChatJson.MAX_TOKENS)
        && text.contains(ChatJson.MAX_COMPLETION_TOKENS);
  }

  private Attempt later(String what, HttpResponse<byte[]> response) {
    Optional<Duration> wait =
        response
            .headers()
            .firstValue("Retry-After")
            .flatMap(header -> Backoff.retryAfter(header, time.now()));
    if (wait.isPresent() && wait.get().compareTo(LONGEST_WAIT) > 0) {
      return new Attempt.Lost(
          Reach.ENDPOINT, what + "; it asks to wait " + wait.get().toSeconds() + " s: try then");
    }
    return new Attempt.Faulty(what, wait, Usage.NONE);
  }

  /// Nothing whole came.
  Attempt.Faulty faulty(String what, Usage used) {
    return new Attempt.Faulty(where() + what, Optional.empty(), used);
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
}
