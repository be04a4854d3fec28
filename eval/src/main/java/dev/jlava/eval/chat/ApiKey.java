package dev.jlava.eval.chat;

import dev.jlava.data.DataException;
import java.util.Map;

/// A key that does not show: not in messages, not in what an endpoint sends back.
public final class ApiKey {
  /// For endpoints that want no key.
  public static final ApiKey NONE = new ApiKey("");

  private static final String HIDDEN = "[key]";

  private final String value;

  private ApiKey(String value) {
    this.value = value;
  }

  /// The key in an environment variable.
  public static ApiKey fromEnvironment(String variable, Map<String, String> environment) {
    String value = environment.getOrDefault(variable, "").strip();
    if (value.isEmpty()) {
      throw new DataException(
          "api_key_env: the environment variable "
              + variable
              + " is not set, or empty; export it, or leave api_key_env out where the endpoint wants"
              + " no key");
    }
    if (!value.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new DataException(
          "api_key_env: the key in "
              + variable
              + " has a character that no HTTP header may hold; set the variable to the key alone");
    }
    return new ApiKey(value);
  }

  boolean isNone() {
    return value.isEmpty();
  }

  String header() {
    return "Bearer " + value;
  }

  /// A text without the key in it.
  String hideIn(String text) {
    return value.isEmpty() ? text : text.replace(value, HIDDEN);
  }

  @Override
  public String toString() {
    return HIDDEN;
  }
}
