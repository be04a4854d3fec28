package dev.jlava.eval.chat;

import dev.jlava.data.DataException;
import java.net.URI;
import java.time.Duration;

/// Where an OpenAI-compatible API is and how hard it may be asked.
///
/// @param url of `chat/completions`
/// @param model the model's name there
/// @param maxTokensAs what it calls the longest reply
/// @param timeout of one attempt, from sending to the reply's last byte
/// @param retries attempts after the first
/// @param concurrency most attempts at one time
/// @param requestsPerMinute most attempts within any minute
/// @param tokensPerMinute most tokens within any minute, prompts and longest replies estimated
public record Endpoint(
    URI url,
    String model,
    ApiKey key,
    String maxTokensAs,
    Duration timeout,
    int retries,
    int concurrency,
    long requestsPerMinute,
    long tokensPerMinute) {
  private static final String PATH = "/chat/completions";

  /// An endpoint without limits of its own.
  ///
  /// @param baseUrl what comes before `/chat/completions`
  public static Endpoint of(String baseUrl, String model, ApiKey key) {
    return new Endpoint(
        url(baseUrl),
        model,
        key,
        ChatJson.MAX_TOKENS,
        Duration.ofMinutes(2),
        6,
        8,
        Long.MAX_VALUE,
        Long.MAX_VALUE);
  }

  /// The same, of an endpoint that takes `max_completion_tokens` in place of `max_tokens`.
  public Endpoint limitingCompletions() {
    return new Endpoint(
        url,
        model,
        key,
        ChatJson.MAX_COMPLETION_TOKENS,
        timeout,
        retries,
        concurrency,
        requestsPerMinute,
        tokensPerMinute);
  }

  public Endpoint within(Duration attempt, int moreAttempts) {
    return new Endpoint(
        url,
        model,
        key,
        maxTokensAs,
        attempt,
        moreAttempts,
        concurrency,
        requestsPerMinute,
        tokensPerMinute);
  }

  public Endpoint limited(int atATime, long requests, long tokens) {
    return new Endpoint(url, model, key, maxTokensAs, timeout, retries, atATime, requests, tokens);
  }

  private static URI url(String baseUrl) {
    URI base = parsed(baseUrl);
    boolean http = "http".equals(base.getScheme()) || "https".equals(base.getScheme());
    if (!http || base.getHost() == null) {
      throw wrong(baseUrl, "not an address", "http://HOST/v1 or https://HOST/v1");
    }
    if (base.getRawUserInfo() != null || base.getRawFragment() != null) {
      throw wrong(base.getHost(), "a user or fragment in it", "a plain address; keys: api_key_env");
    }
    String path = base.getRawPath().replaceAll("/+$", "");
    if (path.endsWith(PATH)) {
      throw wrong(baseUrl, "it holds " + PATH, "what comes before that");
    }
    String query = base.getRawQuery() == null ? "" : "?" + base.getRawQuery();
    return URI.create(base.getScheme() + "://" + base.getRawAuthority() + path + PATH + query);
  }

  private static URI parsed(String baseUrl) {
    try {
      return URI.create(baseUrl.strip());
    } catch (IllegalArgumentException e) {
      throw wrong(baseUrl, "not an address", "http://HOST/v1 or https://HOST/v1");
    }
  }

  private static DataException wrong(String found, String what, String expected) {
    return new DataException(
        "base_url: " + what + " (found " + found + ", expected " + expected + ")");
  }
}
